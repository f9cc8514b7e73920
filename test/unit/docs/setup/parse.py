"""Prints what a Terraform or Bicep file contains as JSON; fails for a file with an error."""

import json
import pathlib
import sys

import hcl2
from pycep import BicepParser

text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
print(json.dumps(hcl2.loads(text) if sys.argv[1].endswith(".tf") else BicepParser().parse(text=text)))

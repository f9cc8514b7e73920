import { type BundleFiles, demoWheel, notebook, wheelJob } from "../../bundles/bundles.ts";

/** A bundle that no other one shares anything with: two jobs, a pipeline, a schema and a wheel, and a few files. */
export function sweptBundle(name: string): BundleFiles {
  return {
    "databricks.yml": `bundle:
  name: ${name}
artifacts:
  demo:
    type: whl
    build: sh ./build.sh
sync:
  exclude:
    - dist/**
targets:
  prod:
    mode: production
resources:
${wheelJob(`${name} package`).replace(/^/gm, "  ")}
    nightly:
      name: ${name} nightly
      tasks:
        - task_key: step
          notebook_task:
            notebook_path: ./src/step.py
  pipelines:
    refresh:
      name: ${name} refresh
      serverless: true
      catalog: main
      schema: \${resources.schemas.orders.name}
      libraries:
        - notebook:
            path: ./src/step.py
  schemas:
    orders:
      name: ${schemaName(name)}
      catalog_name: main
`,
    "build.sh": "mkdir -p dist && base64 -d wheel.base64 > dist/demo-0.1.0-py3-none-any.whl\n",
    "wheel.base64": Buffer.from(demoWheel()).toString("base64"),
    "src/step.py": notebook,
    "src/helper.py": "def help(): ...\n",
    "data/orders.csv": "id,amount\n1,10\n",
    "data/deep/readme.md": "Orders\n",
  };
}

/** The name of the bundle's schema, in the catalog main. */
export function schemaName(bundle: string): string {
  return bundle.replaceAll("-", "_");
}

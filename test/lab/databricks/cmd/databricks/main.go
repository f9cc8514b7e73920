// Command databricks is the Databricks CLI, put together from its published
// packages: the commands that a bundle's deployment needs, and no others.
package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/databricks/cli/cmd/api"
	"github.com/databricks/cli/cmd/auth"
	"github.com/databricks/cli/cmd/bundle"
	"github.com/databricks/cli/cmd/root"
	"github.com/databricks/cli/cmd/version"
	// Registers the cached lookup of a host's /.well-known/databricks-config.
	_ "github.com/databricks/cli/libs/hostmetadata"
	"github.com/spf13/cobra"
)

func main() {
	// Child processes (Terraform, Python) call the CLI back through this variable.
	if filepath.Base(os.Args[0]) != os.Args[0] {
		os.Setenv("DATABRICKS_CLI_PATH", os.Args[0])
	}

	ctx := context.Background()
	cli := root.New(ctx)
	// The bundle command belongs to this group; cobra panics without it.
	cli.AddGroup(&cobra.Group{ID: "development", Title: "Developer Tools"})
	cli.AddCommand(api.New(), auth.New(), bundle.New(), version.New())
	if err := root.Execute(ctx, cli); err != nil {
		os.Exit(1)
	}
}

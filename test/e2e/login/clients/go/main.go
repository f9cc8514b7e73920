// Command sdk asks a workspace who it is, again and again, with Databricks' SDK for Go as it finds its settings: the
// number of calls and the time between them are its arguments.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/databricks/databricks-sdk-go"
	"github.com/databricks/databricks-sdk-go/service/iam"
)

func main() {
	calls, err := strconv.Atoi(os.Args[1])
	must(err)
	pause, err := time.ParseDuration(os.Args[2])
	must(err)
	client, err := databricks.NewWorkspaceClient()
	must(err)
	for i := range calls {
		if i > 0 {
			time.Sleep(pause)
		}
		me, err := client.CurrentUser.Me(context.Background(), iam.MeRequest{})
		must(err)
		fmt.Printf("go: %s by %s\n", me.UserName, client.Config.AuthType)
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

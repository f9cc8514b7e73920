/** Texts in the form in which the CLI, servers and this task write them. */

const sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const host = "https://adb-1.2.azuredatabricks.net";
const files = "/Workspace/Users/x/.bundle/b/prod/files";

/** CLI 1.13: `bundle plan -o json`, of the direct engine and of terraform. */
export const plans = [
  JSON.stringify({
    plan_version: 2,
    cli_version: "1.13.0",
    lineage: "6a1f",
    serial: 3,
    not_selected: 1,
    plan: {
      "resources.schemas.orders": { id: "main.orders", action: "recreate", new_state: { value: { name: "orders" } } },
      "resources.jobs.nightly": {
        id: "123",
        action: "update",
        new_state: {
          value: { name: "Nightly", tasks: [{ whl: "dist/demo-0.1.0+2026.1-py3-none-any.whl" }] },
          vars: {},
        },
        changes: { name: { action: "update", old: "Old", new: "Nightly" }, timeout_seconds: { action: "skip" } },
      },
      "resources.jobs.nightly.permissions": { action: "update_id" },
      "resources.jobs.gone": { id: "5", action: "delete", gone: true },
    },
  }),
  JSON.stringify({ plan: { "resources.jobs.a": { action: "create" }, "resources.jobs.b": { action: "skip" } } }),
];

/** CLI 1.13: `bundle summary -o json`. */
export const summaries = [
  JSON.stringify({
    bundle: { name: "b", target: "prod", mode: "production" },
    workspace: {
      host,
      workspace_id: "1",
      current_user: { userName: "x" },
      root_path: "/Workspace/Users/x/.bundle/b/prod",
      state_path: "/Workspace/Users/x/.bundle/b/prod/state",
      file_path: files,
    },
    scripts: { lint: { content: "true" } },
    resources: {
      jobs: {
        nightly: {
          id: "123",
          url: `${host}/jobs/123`,
          name: "Nightly",
          tasks: [
            { notebook_task: { notebook_path: `${files}/src/a` } },
            { spark_python_task: { python_file: `${files}/src/b.py`, parameters: ["x"] } },
            {
              libraries: [{ whl: `${files}/dist/demo-0.1.0-py3-none-any.whl` }, { requirements: `-r ${files}/r.txt` }],
            },
          ],
        },
        gone: { id: "5", modified_status: "deleted" },
        next: { modified_status: "created", name: "Next" },
      },
      pipelines: { p: { root_path: `${files}/p`, libraries: [{ glob: { include: `${files}/p/**` } }] } },
    },
  }),
];

/** databricks/cli, libs/sync/snapshot.go */
export const snapshots = [
  JSON.stringify({
    version: "v1",
    host,
    remote_path: files,
    last_modified_times: { "src/a.py": "2026-11-26T10:20:00.000000001+01:00", "b.txt": "0001-01-01T00:00:00Z" },
    local_to_remote_names: { "src/a.py": "src/a", "b.txt": "b.txt" },
    remote_to_local_names: { "src/a": "src/a.py", "b.txt": "b.txt" },
  }),
];

/** databricks/cli, bundle/deploy/state.go */
export const deploymentFiles = [
  JSON.stringify({
    version: 1,
    seq: 4,
    cli_version: "1.13.0",
    timestamp: "2026-11-26T09:20:00.123456789Z",
    files: [{ local_path: "src/a.py", is_notebook: true }, { local_path: "b.txt" }],
    id: "5f0a11f2-7c41-4f3b-9d24-0a6f0f3f2f10",
  }),
];

/** databricks/cli, bundle/direct/dstate/state.go */
export const states = [
  JSON.stringify({
    state_version: 2,
    cli_version: "1.13.0",
    lineage: "6a1f",
    serial: 3,
    state: { "resources.jobs.a": { __id__: "1" } },
  }),
];

export const logs = [
  `${JSON.stringify({ state_version: 2, lineage: "6a1f", serial: 4 })}\n${JSON.stringify({ k: "resources.jobs.a", v: { __id__: "1" } })}\n{"k":`,
];

export const keptFiles = [
  JSON.stringify({
    version: 1,
    about: "Written by the task DatabricksBundleDeploy",
    address: host,
    host,
    filePath: files,
    upload: { id: "5f0a", sequence: 4, timestamp: "2026-11-26T09:20:00Z" },
    syncRoot: "../..",
    files: { "src/a.py": ["src/a", "hash", "NOTEBOOK", 1795688762099], "b.txt": ["b.txt"] },
  }),
];

export const unfinished = [
  JSON.stringify({ version: 1, about: "x", follows: { lineage: "6a1f", serial: 3 }, state: states[0], log: logs[0] }),
  JSON.stringify({ version: 1, about: "x", follows: null, log: logs[0] }),
];

export const planFiles = [
  JSON.stringify({
    format: "databricks-bundle-plan/1",
    bundle: "b",
    target: "prod",
    workspaceUrl: host,
    commit: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    identity: "1f2e3d4c-0000-4000-8000-123456789abc",
    resources: [
      { key: "jobs.nightly", action: "update", fields: ["name", "tasks[0].timeout"], digest: sha256 },
      { key: "jobs.gone", action: "delete", fields: [] },
    ],
  }),
];

export const checkedFile = "databricks_cli_1.13.0_linux_amd64.zip";
export const checksums = [
  `${sha256}  databricks_cli_1.13.0_darwin_arm64.zip\n${sha256} *${checkedFile}\r\n${sha256}  other.zip\n`,
];

const id = "0123456789abcdef0123456789abcdef01234567";
const line = (text: string) => `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, "0")}${text}`;

/** gitprotocol-http: the answer to `info/refs?service=git-upload-pack`. */
export const refs = [
  [
    `${line("# service=git-upload-pack\n")}0000`,
    line(`${id} HEAD\0multi_ack symref=HEAD:refs/heads/main\n`),
    ...["refs/heads/größe", "refs/tags/v1.13.0", "refs/tags/v1.13.0^{}", "refs/tags/snapshot"].map((ref) =>
      line(`${id} ${ref}\n`),
    ),
    "0000",
  ].join(""),
];

export const claims = [
  JSON.stringify({
    iss: "https://login.microsoftonline.com/1f2e3d4c-0000-4000-8000-123456789abc/v2.0",
    sub: "/eid1/c/pub/t/x/a/y/sc/1/2",
    aud: ["api://AzureADTokenExchange"],
    appid: "1f2e3d4c-0000-4000-8000-123456789abc",
    exp: 1795688762,
  }),
];

export const tokens = claims.map((one) => `e30.${Buffer.from(one).toString("base64url")}.c2ln`);

/** databricks/cli, libs/locker */
export const locks = [
  JSON.stringify({ ID: "5f0a", AcquisitionTime: "2026-11-26T10:26:00.399644237+01:00", IsForced: false, User: "x" }),
];

export const lockNotes = [
  JSON.stringify({
    version: 1,
    command: "deploy",
    user: "x",
    startedAt: "2026-11-26T10:26:00.399Z",
    lockId: "5f0a",
    collectionUrl: "https://dev.azure.com/contoso/",
    projectId: "11111111-1111-4111-8111-111111111111",
    buildId: "4711",
    jobId: "33333333-3333-4333-8333-333333333333",
    pipeline: "nightly",
    stage: "Deploy",
    job: "Deploy",
    attempt: 2,
  }),
];

/** What deploys of the CLI 1.13 print, with its log (databricks/cli: libs/cmdio/render.go, bundle/phases, libs/log). */
export const cliLines = [
  "Building demo...",
  "Executing 'postinit' script",
  "Uploading bundle files to /Workspace/Users/x/.bundle/b/prod/files...",
  "Action: PUT: a.py, b/c.py, DELETE: old.py",
  "Uploaded a.py",
  "Initial Sync Complete",
  "Deploying resources...",
  "Created jobs.nightly",
  "Updated jobs.nightly.permissions",
  "Recreated schemas.orders",
  "Files: 3 uploaded, 0 deleted",
  "Resources: 1 created, 0 changed, 0 deleted, 2 unchanged, 1 not selected",
  "  delete resources.schemas.orders",
  "Run URL: https://adb-1.2.azuredatabricks.net/?o=1#job/2/run/3",
  "Warn: Ignoring permission error when deleting resources.schemas.orders id=main.orders: PERMISSION_DENIED",
  "10:20:30 Warn: State was last deployed with CLI version 1.12.0 pid=4711 mutator=x",
  "10:20:30 Info: Acquiring deployment lock (force: false) pid=4711",
  "Error: Failed to acquire deployment lock: deploy lock acquired by x at 2026-11-26 10:26:00.3996 +0100 CET",
  "Error: field a: cannot parse",
  "  at resources.jobs.nightly",
  "  in databricks.yml:12:5",
  "     more.yml:3:7",
  "",
  "A detail that explains the error.",
  "Warning: unknown field: nme",
  "Error: unknown flag: --x",
  "Usage:",
  "  databricks bundle deploy [flags]",
  "Error: cannot resolve auth. Config: host=https://a, metadata_service_url=http://localhost:1/x",
  'HTTP/1.1 200 {"token": "abc... (120 more bytes)"}',
  "Panic Payload: runtime error",
  "No active deployment found to destroy!",
];

/** Files of bundles, with what makes YAML difficult to read. */
export const bundles = [
  `# The bundle
bundle:
  name: sales
  git: {branch: main}
include:
  - more.yml
  - 'resources/*.yml'
variables:
  region: {description: The region., default: emea}
workspace:
  host: https://adb-1.2.azuredatabricks.net
  workspace_id: 1
x-common: &common
  mode: production
  workspace: &prod {auth_type: azure-cli, azure_client_id: "a"}
targets:
  dev: {default: true, mode: development}
  prod:
    <<: *common
    git:
      branch: release
    workspace:
      <<: [*prod]
      host: >-
        https://adb-3.4.azuredatabricks.net
`,
  `resources:
  jobs:
    nightly:
      name: "Nightly \\u00e9 \${var.region} \${bundle.git.branch}"
      tasks:
        - task_key: a
          notebook_task: {notebook_path: ../src/a.py}
        - task_key: b
          libraries: [{whl: ../../dist/*.whl}]
      schedule: ? complex
        : value
experimental: {scripts: {preinit: |
    echo a
    }}
environments:
  dev: !!map
    default: yes
    default: no
`,
  JSON.stringify({ bundle: { name: "b" }, targets: { dev: { default: true, workspace: { profile: "x" } } } }),
];

/** Errors of Entra, of the workspace and of a proxy. */
export const answers = [
  JSON.stringify({
    error: "invalid_client",
    error_description:
      "AADSTS700213: No matching federated identity record found. Trace ID: 1 Correlation ID: 5f0a-1 Timestamp: 2026",
    error_codes: [700213],
  }),
  JSON.stringify({
    error_code: "PERMISSION_DENIED",
    message: "Expected iss claim to be: https://a/b but was: https://c/d",
    details: [],
  }),
  "<html><head><title>Sign in</title></head><body>blocked</body></html>",
];

/** Parameters of service connections, as Azure DevOps sends them. */
export const connections = [
  JSON.stringify({
    scheme: "WorkloadIdentityFederation",
    parameters: { tenantid: "t", serviceprincipalid: "c", idToken: "e30.e30.c2ln" },
  }),
  JSON.stringify({
    scheme: "ServicePrincipal",
    parameters: { tenantid: "t", serviceprincipalid: "c", serviceprincipalkey: "a\nsecret" },
  }),
  JSON.stringify({ scheme: "ManagedServiceIdentity", parameters: { tenantid: "t" } }),
];
export const connectionData = {
  environment: ["AzureCloud", "AzureUSGovernment"],
  activeDirectoryAuthority: ["https://login.microsoftonline.com/", "https://login.windows.net/"],
};

import { addresses, api } from "../api.ts";
import { formatBytes } from "../format.ts";
import { query, setQuery } from "../state/location.ts";
import { useResource } from "../state/resource.ts";
import type { ArtifactEntry, Run } from "../wire.ts";
import { Empty, Loading, Problem } from "./Notices.tsx";
import { Preview } from "./Preview.tsx";

/** The files of a run: folders open, a file shows itself where it can, everything can be downloaded. */
export function Artifacts({ run }: { run: Run }) {
  const path = query.value.get("path") ?? "";
  const file = query.value.get("file") ?? "";
  const listing = useResource(`${run.id} ${path}`, (signal) => api.artifacts(run.id, path, signal));
  if (listing.error && !listing.data) return <Problem error={listing.error} retry={listing.refresh} />;
  if (!listing.data) return <Loading />;
  const entries = [...listing.data.entries].sort(
    (a, b) => Number(b.is_dir) - Number(a.is_dir) || a.path.localeCompare(b.path),
  );
  const chosen = entries.find((entry) => entry.path === file);
  if (entries.length === 0 && path === "" && run.models.length > 0)
    return (
      <Empty
        title="No files besides its model"
        commands={run.models.slice(-1).map((model) => `mlflow.pyfunc.load_model("models:/${model}")`)}
      >
        Models are kept by themselves, and loaded by their id:
      </Empty>
    );
  if (entries.length === 0 && path === "")
    return (
      <Empty title="No artifacts" commands={['mlflow.log_artifact("report.html")']}>
        Files that the script logs are kept here:
      </Empty>
    );
  return (
    <div class="artifacts">
      <div class="files">
        <Crumbs path={path} />
        <ul>
          {entries.map((entry) => (
            <Entry key={entry.path} run={run.id} entry={entry} chosen={entry === chosen} />
          ))}
        </ul>
      </div>
      {chosen ? (
        <Preview key={chosen.path} run={run.id} entry={chosen} />
      ) : (
        <p class="preview faint">Choose a file to look at it here.</p>
      )}
    </div>
  );
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function Crumbs({ path }: { path: string }) {
  const parts = path.split("/").filter(Boolean);
  return (
    <nav class="crumbs" aria-label="Folder">
      <button type="button" class="link" onClick={() => setQuery({ path: undefined, file: undefined }, true)}>
        artifacts
      </button>
      {parts.map((part, index) => {
        const upTo = parts.slice(0, index + 1).join("/");
        return (
          <span key={upTo}>
            <span class="faint"> / </span>
            <button
              type="button"
              class="link"
              onClick={() => setQuery({ path: upTo, file: undefined }, true)}
            >
              {part}
            </button>
          </span>
        );
      })}
    </nav>
  );
}

function Entry({ run, entry, chosen }: { run: string; entry: ArtifactEntry; chosen: boolean }) {
  const open = () =>
    entry.is_dir ? setQuery({ path: entry.path, file: undefined }, true) : setQuery({ file: entry.path });
  return (
    <li class={chosen ? "chosen" : ""}>
      <button type="button" class="file" onClick={open} aria-current={chosen || undefined}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d={entry.is_dir ? "M1.5 3.5h4.5l1.5 2h7v7.5h-13z" : "M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3"} />
        </svg>
        <span>{nameOf(entry.path)}</span>
      </button>
      <span class="faint">{entry.size === undefined ? "" : formatBytes(entry.size)}</span>
      {!entry.is_dir && (
        <a class="quiet" href={addresses.artifact(run, entry.path)} download={nameOf(entry.path)}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M8 2v8m-3.2-3L8 10.2 11.2 7M2.5 13.5h11" />
          </svg>
          <span class="unseen">Download {entry.path}</span>
        </a>
      )}
    </li>
  );
}

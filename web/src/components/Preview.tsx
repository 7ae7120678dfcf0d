import { useState } from "preact/hooks";
import { addresses, send } from "../api.ts";
import { formatBytes } from "../format.ts";
import { useResource } from "../state/resource.ts";
import type { ArtifactEntry } from "../wire.ts";
import { Loading, Problem } from "./Notices.tsx";

const textKinds =
  /(^|\/)(MLmodel|[^/]+\.(txt|json|jsonl|ya?ml|toml|ini|cfg|csv|tsv|md|py|log|sh|sql|html|xml))$/;
const imageKinds = /\.(png|jpe?g|gif|webp|avif|bmp|svg)$/i;
const largestText = 512 * 1024;

/** Shows a text or an image in place. Text of any kind is shown as text: nothing that a run logged is ever executed. */
export function Preview({ run, entry }: { run: string; entry: ArtifactEntry }) {
  return (
    <section class="preview" aria-label={entry.path}>
      {imageKinds.test(entry.path) ? (
        <Picture run={run} path={entry.path} />
      ) : textKinds.test(entry.path) && (entry.size ?? 0) <= largestText ? (
        <Text run={run} path={entry.path} />
      ) : (
        <p class="faint">
          {textKinds.test(entry.path)
            ? `Too long to show here (${formatBytes(entry.size ?? 0)}): download it.`
            : "This kind of file is not shown here: download it."}
        </p>
      )}
    </section>
  );
}

function Text({ run, path }: { run: string; path: string }) {
  const text = useResource(`${run} ${path}`, async (signal) =>
    (await send(addresses.artifact(run, path), { signal })).text(),
  );
  if (text.error) return <Problem error={text.error} retry={text.refresh} />;
  if (text.data === undefined) return <Loading />;
  return <pre>{text.data}</pre>;
}

function Picture({ run, path }: { run: string; path: string }) {
  const [broken, setBroken] = useState(false);
  if (broken) return <p class="faint">This picture cannot be shown: download it.</p>;
  return <img src={addresses.artifact(run, path)} alt={path} onError={() => setBroken(true)} />;
}

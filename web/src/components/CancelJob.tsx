import { useRef, useState } from "preact/hooks";
import { type ApiError, api } from "../api.ts";
import { asApiError } from "../state/resource.ts";
import type { Job } from "../wire.ts";
import { Problem } from "./Notices.tsx";

/** Asks once more, then cancels. What the server answers instead stands in the same dialog. */
export function CancelJob({ job, onDone }: { job: Job; onDone: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const cancel = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await api.cancelJob(job.id);
      dialog.current?.close();
      onDone();
    } catch (cause) {
      setError(asApiError(cause));
    }
    setBusy(false);
  };
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        Cancel job
      </button>
      <dialog ref={dialog} aria-labelledby="cancel-title" onClose={() => setError(undefined)}>
        <h2 id="cancel-title">Cancel {job.name}?</h2>
        <p>It stops now and cannot be resumed. What it has logged so far stays.</p>
        {error && <Problem error={error} />}
        <div class="dialog-actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Keep it
          </button>
          <button type="button" class="danger" disabled={busy} onClick={cancel}>
            Cancel job
          </button>
        </div>
      </dialog>
    </>
  );
}

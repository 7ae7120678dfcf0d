import { api } from "../api.ts";
import { CancelJob } from "../components/CancelJob.tsx";
import { Copyable } from "../components/Copyable.tsx";
import { LogView } from "../components/LogView.tsx";
import { Loading, Problem } from "../components/Notices.tsx";
import { HeadFact, PageHead } from "../components/PageHead.tsx";
import { isLive } from "../components/Status.tsx";
import { Ago, Duration } from "../components/Time.tsx";
import { shortId } from "../format.ts";
import { links } from "../routes.ts";
import { query, setQuery } from "../state/location.ts";
import { useLiveRefresh, useResource } from "../state/resource.ts";
import { useTitle } from "../state/title.ts";
import type { Job } from "../wire.ts";
import { JobSide } from "./JobSide.tsx";

/** One job: how it stands and why, its log, what it asked for, and the run that it feeds. */
export function JobPage({ id }: { id: string }) {
  const resource = useResource(id, (signal) => api.job(id, signal));
  useLiveRefresh(resource.refresh, (event) => event.data.includes(id));
  const job = resource.data;
  useTitle(job?.name);
  if (!job)
    return (
      <main class="page">
        {resource.error ? <Problem error={resource.error} retry={resource.refresh} /> : <Loading />}
      </main>
    );
  const live = isLive(job.state);
  return (
    <main class="page">
      <PageHead
        above={["Jobs", links.jobs]}
        title={job.name}
        state={job.state}
        actions={
          <>
            <a class="button" href={links.run(job.run_id)}>
              Open its run
            </a>
            {live && <CancelJob job={job} onDone={resource.refresh} />}
          </>
        }
      >
        <HeadFact name="Submitted">
          <Ago at={job.submitted_at} />
        </HeadFact>
        <HeadFact name={live ? "Running for" : "Ran for"}>
          <Duration from={job.started_at} to={job.ended_at} />
        </HeadFact>
        <HeadFact name="By">{job.submitted_by}</HeadFact>
        <HeadFact name="Queue">{job.spec.queue}</HeadFact>
        <HeadFact name="Id">
          <Copyable text={job.id} shown={shortId(job.id)} />
        </HeadFact>
      </PageHead>
      {resource.error && <Problem error={resource.error} retry={resource.refresh} />}
      <p class="reason">{job.reason}</p>
      <div class="with-side">
        <JobLog job={job} live={live} />
        <JobSide job={job} />
      </div>
    </main>
  );
}

function JobLog({ job, live }: { job: Job; live: boolean }) {
  const latest = job.attempts.at(-1)?.number;
  const attempt = Number(query.value.get("attempt")) || latest;
  if (latest === undefined)
    return (
      <section class="log">
        <p class="log-lines faint">
          {live
            ? "The log begins when the job does."
            : "The job ended before its command began: there is no log."}
        </p>
      </section>
    );
  return (
    <div class="job-log">
      {job.attempts.length > 1 && (
        <label class="attempt">
          Attempt
          <select
            value={attempt}
            onChange={(event) =>
              setQuery({
                attempt: Number(event.currentTarget.value) === latest ? undefined : event.currentTarget.value,
              })
            }
          >
            {job.attempts.map(({ number }) => (
              <option key={number} value={number}>
                {number}
              </option>
            ))}
          </select>
        </label>
      )}
      <LogView key={attempt} job={job.id} attempt={attempt} live={live && attempt === latest} />
    </div>
  );
}

// The cron triggers, which can be run at once, and the job queue.

import { el, table, badge, note, time, announce } from "./dom.js";
import { consoleData, send, session } from "./api.js";

export async function scheduleView({ signal }) {
  const area = el("div");
  const result = el("div");
  const run = async (trigger, button) => {
    button.disabled = true;
    result.replaceChildren(el("p", { class: "muted" }, `Running ${trigger.cron}…`));
    try {
      const answer = await send({ method: "POST", path: `/cdn-cgi/handler/scheduled?${new URLSearchParams({ cron: trigger.cron })}`, headers: { Authorization: `Bearer ${session.localToken}` } });
      const json = JSON.parse(new TextDecoder().decode(answer.bytes));
      const text = answer.status === 200 ? json.results.map((one) => `${one.function} ended with ${one.statusCode}`).join("; ") : json.error;
      result.replaceChildren(note(answer.status === 200 && json.results.every((one) => one.statusCode < 400) ? "" : "error", el("p", null, text)));
      announce(text);
    } catch (error) {
      result.replaceChildren(note("error", el("p", null, `The run has no result: ${error.message}. Look into the log.`)));
    }
    await show();
  };
  const show = async () => {
    const { triggers, queue } = await consoleData("schedules");
    if (signal.aborted) return;
    const byCron = triggers.map((one) => {
      const button = el("button", { type: "button", "aria-label": `Run ${one.cron} now`, disabled: one.is_running }, one.is_running ? "Running…" : "Run now");
      button.addEventListener("click", () => run(one, button));
      const runs = Object.entries(one.runs).map(([status, count]) => [badge(`status ${status >= "400" ? "error" : "good"}`, status), ` × ${count} `]);
      return [el("code", null, one.cron), one.function, time(one.next_at), runs.length > 0 ? runs : "None yet", button];
    });
    const states = ["waiting", "ready", "running", "dead"];
    area.replaceChildren(...[
      byCron.length > 0 ? table("Cron triggers", ["Schedule (UTC)", "Function", "Next run", "Runs since the start", "Action"], byCron) : note("", el("p", null, "The configuration has no triggers. Add them to triggers.crons in wrangler-like.json.")),
      el("h2", null, "Job queue"),
      queue === null ? note("error", el("p", null, "The job queue can't be read. local-runner check says what is wrong with the database."))
        : queue.lanes.length === 0 ? note("", el("p", null, "The queue is empty. A sync, for example, is a job: ", el("a", { href: "#/operations/trigger_sync" }, "queue one"), "."))
          : [table("Jobs by kind and state", ["Kind", "Waiting", "Ready", "Running", "Dead", "Oldest ready"], queue.lanes.map((lane) => [el("code", null, lane.kind), ...states.map((state) => String(lane[state])), lane.oldest_ready_seconds === null ? "–" : `${lane.oldest_ready_seconds} s`])),
            table("Latest jobs", ["Kind and platform", "State", "Attempts", "Due", "Error", "Id"], queue.jobs.map((job) => [el("code", null, job.lane), badge(`status ${job.status === "dead" ? "error" : "info"}`, job.status), String(job.attempts), time(job.run_after), job.error ?? "–", el("code", null, job.id)])),
            el("p", { class: "hint" }, "local-runner/dev jobs --retry ID queues a dead job again.")],
    ].flat());
  };
  await show();
  return [el("h1", null, "Schedule and jobs"), el("p", { class: "lead" }, "The runner runs the triggers when they are due. Its worker runs the jobs."),
    el("p", null, el("button", { type: "button", onclick: () => show().then(() => announce("Updated."), (error) => result.replaceChildren(note("error", el("p", null, error.message)))) }, "Update")), result, area];
}

// What a step is, how it ended and where it stands in its run.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { steps } from "../../api/queries";
import type { StepDetail } from "../../api/types";
import { Badge, OutcomeBadge } from "../../parts/Badge";
import { Button } from "../../parts/Button";
import { RunLink, StepLink } from "../../parts/links";
import { When } from "../../parts/When";
import { useShortcut } from "../../shell/shortcuts";
import { count, duration, percent } from "../../text/format";
import { Callsite } from "./Callsite";
import type { CapturedStep } from "./captured";
import { type Neighbours, neighboursOf } from "./neighbours";
import styles from "./Step.module.css";

const CopyAsTest = lazy(() => import("./CopyAsTest").then(({ CopyAsTest }) => ({ default: CopyAsTest })));

export function StepHeader({ step, compact }: { step: CapturedStep; compact: boolean }) {
  const { detail } = step;
  const Heading = compact ? "h2" : "h1";
  const [isOpen, setOpen] = useState(false);
  return (
    <header className={styles.header}>
      <div className={styles.title}>
        <Heading className={styles.name}>{detail.name}</Heading>
        {detail.kind && <Badge>{detail.kind}</Badge>}
        <OutcomeBadge outcome={detail.outcome} />
        {detail.important && <Badge tone="accent">important</Badge>}
        {detail.level !== "full" && <Badge title="How much of it was kept">level {detail.level}</Badge>}
        <span className={styles.actions}>
          {compact && (
            <StepLink run={detail.run} step={detail.id}>
              Open the step
            </StepLink>
          )}
          <Button onClick={() => setOpen(true)}>Copy as test</Button>
        </span>
      </div>
      <dl className={styles.facts}>
        <Fact name="Duration">{detail.duration_ns == null ? "still open" : duration(detail.duration_ns)}</Fact>
        <Fact name="Began">
          <When at={detail.started_at} />
        </Fact>
        <Fact name="Thread">{detail.thread}</Fact>
        {!compact && (
          <Fact name="Run">
            <RunLink run={detail.run} />
          </Fact>
        )}
        <Counted step={detail} />
      </dl>
      <Callsite step={detail} />
      {!compact && <Around step={detail} />}
      <Said step={detail} />
      {isOpen && (
        <Suspense>
          <CopyAsTest step={step} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </header>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** How many items went in and came out, and what became of them. */
function Counted({ step }: { step: StepDetail }) {
  const { counts, items_in: came, items_out: went } = step;
  return (
    <>
      {(came != null || went != null) && (
        <Fact name="Items">
          {came == null ? "?" : count(came)} → {went == null ? "?" : count(went)}
        </Fact>
      )}
      {counts.kept > 0 && <Fact name="Kept">{count(counts.kept)}</Fact>}
      {counts.eliminated > 0 && (
        <Fact name="Eliminated">
          {count(counts.eliminated)}
          {counts.rejection_rate != null && ` (${percent(counts.rejection_rate)})`}
        </Fact>
      )}
      {counts.scored > 0 && <Fact name="Scored">{count(counts.scored)}</Fact>}
      {counts.introduced > 0 && <Fact name="Introduced">{count(counts.introduced)}</Fact>}
      {counts.refused > 0 && <Fact name="Refused">{count(counts.refused)}</Fact>}
    </>
  );
}

const CHILDREN = 12;

/** Who called it, what it called, and its neighbours. */
function Around({ step }: { step: StepDetail }) {
  const { data } = useQuery(steps(step.run));
  const around = data && neighboursOf(data, step.id);
  const navigate = useNavigate();
  const go = (to: { id: string } | undefined) => {
    if (to) navigate({ to: "/runs/$run/steps/$step", params: { run: step.run, step: to.id } });
  };
  useShortcut("[", "The step before", () => go(around?.previous));
  useShortcut("]", "The step after", () => go(around?.next));
  if (!around) return <p className={styles.around} />;
  return (
    <nav aria-label="Steps around this one" className={styles.around}>
      {around.parent && (
        <span>
          Called by{" "}
          <StepLink run={step.run} step={around.parent.id}>
            {around.parent.name}
          </StepLink>
        </span>
      )}
      <Calls step={step} calls={around.children} />
      {around.siblings > 1 && (
        <span className={styles.siblings}>
          <Button quiet disabled={!around.previous} onClick={() => go(around.previous)} title="[">
            ‹ {around.previous?.name ?? "first"}
          </Button>
          <span className={styles.faint}>
            {around.place} of {around.siblings}
          </span>
          <Button quiet disabled={!around.next} onClick={() => go(around.next)} title="]">
            {around.next?.name ?? "last"} ›
          </Button>
        </span>
      )}
    </nav>
  );
}

function Calls({ step, calls }: { step: StepDetail; calls: Neighbours["children"] }) {
  if (calls.length === 0) return null;
  return (
    <span>
      Calls{" "}
      {calls.slice(0, CHILDREN).map((child, index) => (
        <span key={child.id}>
          {index > 0 && ", "}
          <StepLink run={step.run} step={child.id}>
            {child.name}
          </StepLink>
        </span>
      ))}
      {calls.length > CHILDREN && ` and ${count(calls.length - CHILDREN)} more`}
    </span>
  );
}

/** What the code said of it in words. */
function Said({ step }: { step: StepDetail }) {
  const { notes, tags, reasons } = step;
  return (
    <>
      {tags && tags.length > 0 && (
        <p className={styles.said}>
          {tags.map(({ key, value }) => (
            <Badge key={key}>
              {key}: {value}
            </Badge>
          ))}
        </p>
      )}
      {[...(reasons ?? []), ...(notes ?? [])].map((text, index) => (
        <p
          // biome-ignore lint/suspicious/noArrayIndexKey: what was said has nothing but its order
          key={index}
          className={styles.said}
        >
          “{text}”
        </p>
      ))}
    </>
  );
}

// A function across runs: how its calls, their time, their failures and their decisions change, and where to look.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { callsites, groups } from "../../api/queries";
import { Badge } from "../../parts/Badge";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { FunctionLink } from "../../parts/narrowed";
import { When } from "../../parts/When";
import { useShortcut } from "../../shell/shortcuts";
import { quoted } from "../../text/cel";
import { Calls } from "./Calls";
import { conditionsOf } from "./conditions";
import styles from "./FunctionSteps.module.css";
import { callsiteKey } from "./overview";
import { Reasons } from "./Reasons";
import { Since } from "./Since";
import { Stopped } from "./Stopped";
import type { FunctionSearch } from "./search";
import { TOTALS, Totals } from "./Totals";

const OverTime = lazy(() => import("./OverTime"));

export function FunctionSteps() {
  const { name } = useParams({ from: "/steps/$name" });
  const search = useSearch({ from: "/steps/$name" });
  const navigate = useNavigate({ from: "/steps/$name" });
  const change = (changed: FunctionSearch, replace = false) =>
    navigate({ search: (earlier) => ({ ...earlier, ...changed }), replace });
  const asked = conditionsOf(name, search);
  const sites = useInfiniteQuery(callsites({ q: `name == ${quoted(name)}`, limit: 1000 }));
  const totals = useQuery(groups({ of: "steps", select: TOTALS, q: asked.steps }));
  useShortcut("0", "The whole time", () => change({ from: undefined, before: undefined }));

  const error = (!totals.data && totals.error) || (!sites.data && sites.error);
  if (error) {
    return (
      <>
        <Failure error={error} retry={() => [totals.refetch(), sites.refetch()]} />
        {search.from && (
          <p className={styles.way}>
            <Button onClick={() => change({ from: undefined, before: undefined })}>Look at the whole time</Button>
          </p>
        )}
      </>
    );
  }
  if (!sites.data || !totals.data) return <Loading what={`Adding up ${name}`} />;
  const known = sites.data.pages.flatMap((page) => page.data);
  const meant = known.filter(
    (site) => (search.module ?? site.module) === site.module && (search.line ?? site.line) === site.line,
  );
  const [site] = meant;
  if (!site) {
    return (
      <Empty title={`No step of ${name}`}>
        <p>{known.length > 0 ? "There is a function of the name, elsewhere:" : "No run that is kept called it."}</p>
        {known.length > 0 && <Sites sites={known} />}
        <Link to="/steps">All functions</Link>
      </Empty>
    );
  }
  const count = Number(totals.data.data[0]?.[0] ?? 0);
  return (
    <article className={styles.page}>
      <header className={styles.header}>
        <div className={styles.what}>
          <p className={styles.trail}>
            <Link to="/steps" search={{ from: search.from }}>
              Steps
            </Link>
          </p>
          <h1>
            <code>{name}</code> {site.kind && <Badge tone="accent">{site.kind}</Badge>}
          </h1>
          {meant.length === 1 && (
            <p className={styles.where}>
              <code>{site.module}</code> <code>{`${site.file}:${site.line}`}</code>
            </p>
          )}
        </div>
        <div className={styles.time}>
          {search.before && search.from ? (
            <>
              <span>
                <When at={search.from} /> – <When at={search.before} />
              </span>
              <Button onClick={() => change({ from: undefined, before: undefined })}>Whole time</Button>
            </>
          ) : (
            <Since
              value={search.from ?? ""}
              onChange={(from) => change({ from: from || undefined, before: undefined })}
            />
          )}
        </div>
      </header>
      {meant.length > 1 && (
        <div className={styles.several}>
          <p>{meant.length} functions have this name; all of them are counted here.</p>
          <Sites sites={meant} />
        </div>
      )}
      <Stopped page={totals.data} />
      <Totals row={totals.data.data[0] ?? []} last={site.last_started_at} />
      {count === 0 ? (
        <Empty inline title="No calls in this time">
          <p>
            It was last called <When at={site.last_started_at} />.
          </p>
          <Button onClick={() => change({ from: undefined, before: undefined })}>Whole time</Button>
        </Empty>
      ) : (
        <>
          <Suspense fallback={<Loading what="Drawing" />}>
            <OverTime asked={asked} onPick={(from, before) => change({ from, before })} />
          </Suspense>
          <Calls asked={asked} calls={count} />
          <Reasons asked={asked} />
        </>
      )}
    </article>
  );
}

/** The functions that share a name. */
const Sites = ({ sites }: { sites: { name: string; module: string; file: string; line: number }[] }) => (
  <ul>
    {sites.map((site) => (
      <li key={callsiteKey(site)}>
        <FunctionLink name={site.name} module={site.module} line={site.line}>
          <code>{`${site.module}::${site.name}`}</code>
        </FunctionLink>{" "}
        <code>{`${site.file}:${site.line}`}</code>
      </li>
    ))}
  </ul>
);

// An item: its way through every run that had it, step by step, and where and why each way ended.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { Problem } from "../../api/client";
import { item } from "../../api/queries";
import { CopyButton } from "../../parts/CopyButton";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { LongList } from "../../parts/LongList";
import { useShortcut } from "../../shell/shortcuts";
import { things } from "../../text/format";
import styles from "./Item.module.css";
import { Summary } from "./Summary";
import { TrackRow } from "./TrackRow";
import { neighbour, tracksOf } from "./track";

export function Item() {
  const { item: key } = useParams({ from: "/items/$item" });
  const { run: named } = useSearch({ from: "/items/$item" });
  const navigate = useNavigate({ from: "/items/$item" });
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const history = useInfiniteQuery(item(key));
  const paged = useMemo(() => history.data?.pages.flatMap((page) => page.data) ?? [], [history.data]);
  const isMissing = named !== undefined && history.isSuccess && !paged.some(({ run }) => run.id === named);
  const alone = useInfiniteQuery({ ...item(key, named), enabled: isMissing });
  const tracks = useMemo(
    () => tracksOf(paged, isMissing ? alone.data?.pages[0]?.data[0] : undefined),
    [paged, alone.data, isMissing],
  );
  const current = named ?? tracks[0]?.run.id;

  const go = (step: number) => {
    const run = neighbour(tracks, current, step);
    if (run) navigate({ search: { run }, replace: true });
  };
  useShortcut("]", "Next run", () => go(1));
  useShortcut("[", "Previous run", () => go(-1));
  useShortcut("j", "Next run", () => go(1));
  useShortcut("k", "Previous run", () => go(-1));

  const [page] = history.data?.pages ?? [];
  if (!page) {
    if (!history.error) return <Loading what="Following the item" />;
    return isUnknown(history.error) ? (
      <Unknown item={key} />
    ) : (
      <Failure error={history.error} retry={history.refetch} />
    );
  }
  const turn = (run: string) =>
    setTurned((earlier) =>
      earlier.has(run) ? new Set([...earlier].filter((other) => other !== run)) : new Set([...earlier, run]),
    );
  return (
    <article className={styles.page}>
      <header className={styles.header}>
        <div className={styles.what}>
          <p className={styles.over}>Item</p>
          <h1>{key}</h1>
        </div>
        <CopyButton text={key} label="Copy key" />
      </header>
      <Summary history={page} />
      <section className={styles.runs} aria-labelledby="its-runs">
        <header className={styles.runsHeader}>
          <h2 id="its-runs">Run by run</h2>
          <p className={styles.faint} role="status">
            {tracks.length < page.summary.runs
              ? `${things(tracks.length, "run")} of ${page.summary.runs}, newest first`
              : `${things(tracks.length, "run")}, newest first`}
          </p>
        </header>
        {isMissing && alone.error && (
          <p className={styles.note} role="status">
            The run of this address, <code>{named}</code>, cannot be shown: {alone.error.message}
          </p>
        )}
        <LongList
          label="Runs that had it"
          rows={tracks}
          rowKey={({ run }) => run.id}
          estimate={64}
          reveal={named}
          onEnd={history.hasNextPage && !history.isFetching ? history.fetchNextPage : undefined}
        >
          {(track) => (
            <TrackRow
              track={track}
              item={key}
              isCurrent={track.run.id === current}
              isOpen={(track.run.id === current) !== turned.has(track.run.id)}
              onTurn={() => turn(track.run.id)}
            />
          )}
        </LongList>
        {history.isFetchingNextPage && <Loading what="More runs" />}
        {history.isFetchNextPageError && <Failure inline error={history.error} retry={history.fetchNextPage} />}
      </section>
    </article>
  );
}

const isUnknown = (error: Error) => error instanceof Problem && error.status === 404;

const Unknown = ({ item }: { item: string }) => (
  <Empty title="No run had this item">
    <p>
      No step of the runs that are kept decided about an item with the key <code>{item}</code>. Keys are whole and
      exact; its runs may have been removed.
    </p>
    <p>
      <Link to="/">All runs</Link>
    </p>
  </Empty>
);

// What is around every view: where one can go, whether the server answers, and what is wrong with the store.
import { Link, Outlet } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { Button } from "../parts/Button";
import { Connection } from "./Connection";
import { LiveSign } from "./LiveSign";
import styles from "./Shell.module.css";
import { useKeys, useShortcutEverywhere } from "./shortcuts";
import { ThemeChoice } from "./ThemeChoice";

const Palette = lazy(() => import("./Palette"));
const Keys = lazy(() => import("./Keys"));

const focusTable = () => document.querySelector<HTMLElement>("#main [data-grid]")?.focus();

export function Shell() {
  const [asked, setAsked] = useState<"palette" | "keys">();
  // What was opened once stays, so that it closes as it should.
  const [loaded, setLoaded] = useState({ palette: false, keys: false });
  function ask(what: "palette" | "keys") {
    setLoaded((loaded) => ({ ...loaded, [what]: true }));
    setAsked(what);
  }
  useShortcutEverywhere("j", "The next row of the table", focusTable);
  useShortcutEverywhere("k", "The previous row of the table", focusTable);
  useShortcutEverywhere("?", "These keys", () => ask("keys"));
  useShortcutEverywhere("Ctrl-k", "Go to, or do", () => (asked === "palette" ? setAsked(undefined) : ask("palette")));
  useKeys();
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <header className={styles.top}>
        <Link to="/" className={styles.mark}>
          xray
        </Link>
        <nav aria-label="Views" className={styles.nav}>
          <Link to="/" activeOptions={{ exact: true, includeSearch: false }}>
            Runs
          </Link>
          <Link to="/steps">Steps</Link>
          <Link to="/compare">Compare</Link>
          <a href="/reference">API</a>
        </nav>
        <LiveSign />
        <Button className={styles.goTo} onClick={() => ask("palette")} aria-keyshortcuts="Control+K">
          <span aria-hidden="true">⌕</span>
          <span className={styles.word}>Go to…</span>
          <kbd className={styles.wide}>Ctrl K</kbd>
        </Button>
        <Button quiet className={styles.wide} onClick={() => ask("keys")} aria-label="Keys" title="?">
          <span aria-hidden="true">?</span>
        </Button>
        <ThemeChoice />
      </header>
      <Connection />
      <main id="main" tabIndex={-1} className={styles.main}>
        <Outlet />
      </main>
      <Suspense fallback={null}>
        {loaded.palette && (
          <Palette open={asked === "palette"} onOpenChange={(open) => setAsked(open ? "palette" : undefined)} />
        )}
        {loaded.keys && <Keys open={asked === "keys"} onOpenChange={(open) => setAsked(open ? "keys" : undefined)} />}
      </Suspense>
    </div>
  );
}

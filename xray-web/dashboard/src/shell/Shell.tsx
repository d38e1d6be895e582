// What is around every view: where one can go, whether the server answers, and what is wrong with the store.
import { Link, Outlet } from "@tanstack/react-router";
import { Connection } from "./Connection";
import styles from "./Shell.module.css";
import { useKeys } from "./shortcuts";
import { ThemeChoice } from "./ThemeChoice";

export function Shell() {
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
        <ThemeChoice />
      </header>
      <Connection />
      <main id="main" tabIndex={-1} className={styles.main}>
        <Outlet />
      </main>
    </div>
  );
}

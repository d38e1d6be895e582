import { CopyButton } from "../../parts/CopyButton";
import { Empty } from "../../parts/Empty";
import styles from "./FirstRun.module.css";

const PROGRAM = `#[xray::step(kind = "filter")]
fn affordable(prices: Vec<u32>, budget: u32) -> Vec<u32> {
    prices.into_iter().filter(|price| *price <= budget).collect()
}

#[xray::run]
fn cheapest(prices: Vec<u32>, budget: u32) -> Option<u32> {
    affordable(prices, budget).into_iter().min()
}

fn main() -> Result<(), xray::StartError> {
    let _xray = xray::builder().store("prices.redb").serve("127.0.0.1:7878").start()?; // writes on drop
    println!("{:?}", cheapest(vec![30, 12, 25], 26));
    Ok(())
}
`;

/** The store is empty: how it is filled. */
export const FirstRun = () => (
  <Empty title="No run was recorded yet">
    <p>
      Put <code>#[xray::step]</code> on the functions of a pipeline and <code>#[xray::run]</code> on the one that calls
      them. Runs appear here as they begin, and this page needs no reload.
    </p>
    <div className={styles.program}>
      <div className={styles.copy}>
        <CopyButton text={PROGRAM} label="Copy the program" />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keys */}
      <pre tabIndex={0} role="group" aria-label="A program that records a run">
        <code>{PROGRAM}</code>
      </pre>
    </div>
  </Empty>
);

//! The least there is to do: attributes on the functions that decide, and a guard while the program runs.

// A list in, a list out: xray sees which prices were kept and which were not.
#[xray::step(kind = "filter")]
fn affordable(prices: Vec<u32>, budget: u32) -> Vec<u32> {
    prices.into_iter().filter(|price| *price <= budget).collect()
}

#[xray::step(kind = "select")]
fn dearest(prices: &[u32]) -> Result<u32, String> {
    prices.iter().max().copied().ok_or_else(|| "nothing is affordable".to_owned())
}

#[xray::run]
fn choose(prices: Vec<u32>, budget: u32) -> Result<u32, String> {
    dearest(&affordable(prices, budget))
}

fn main() -> anyhow::Result<()> {
    let xray = xray::builder().store("quickstart.redb").serve("127.0.0.1:7878").start()?;
    println!("for 20: {:?}", choose(vec![5, 12, 31, 18], 20));
    println!("for 2: {:?}", choose(vec![5, 12, 31, 18], 2));
    if let Some(address) = xray.address() {
        println!("Why? See http://{address}/ or `curl http://{address}/api/v1/runs`. Enter ends the program.");
    }
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}

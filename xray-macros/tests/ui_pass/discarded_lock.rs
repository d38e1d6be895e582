use std::sync::{Mutex, MutexGuard};

// Held until the function returns, as every argument is.
#[xray::step]
fn discards(_: MutexGuard<'_, u8>, lock: &Mutex<u8>) -> bool {
    lock.try_lock().is_err()
}

#[xray::step]
async fn discards_later(_: MutexGuard<'_, u8>) {}

fn main() {
    let lock = Mutex::new(1);
    assert!(discards(lock.lock().unwrap(), &lock));
    drop(discards_later(lock.lock().unwrap()));
}

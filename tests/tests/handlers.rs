//! Handlers of axum as steps: registered as they were, captured with what they extract, in any order of attributes.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use xray_tests::Recording;

struct Shop {
    price: u32,
}

#[derive(Debug, Deserialize)]
struct Order {
    count: u32,
}

#[derive(Debug, Serialize)]
struct Receipt {
    item: String,
    total: u32,
}

#[xray::step]
async fn total(price: u32, count: u32) -> Option<u32> {
    tokio::task::yield_now().await;
    price.checked_mul(count)
}

#[xray::step(skip(shop))]
async fn plain(
    State(shop): State<Arc<Shop>>,
    Path(item): Path<String>,
    Json(order): Json<Order>,
) -> Result<Json<Receipt>, StatusCode> {
    if order.count == 0 {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let total = total(shop.price, order.count).await.ok_or(StatusCode::PAYLOAD_TOO_LARGE)?;
    Ok(Json(Receipt { item, total }))
}

#[xray::step(skip(shop), redact(headers))]
#[axum::debug_handler]
async fn above(
    State(shop): State<Arc<Shop>>,
    Path((item, count)): Path<(String, u32)>,
    mut headers: HeaderMap,
) -> Result<Json<Receipt>, StatusCode> {
    headers.clear();
    let total = total(shop.price, count).await.ok_or(StatusCode::PAYLOAD_TOO_LARGE)?;
    Ok(Json(Receipt { item, total }))
}

#[axum::debug_handler]
#[xray::run(name = "order", skip(shop))]
async fn below(
    State(shop): State<Arc<Shop>>,
    Path(item): Path<String>,
    Json(Order { count }): Json<Order>,
) -> Result<Json<Receipt>, (StatusCode, String)> {
    match total(shop.price, count).await {
        Some(total) => Ok(Json(Receipt { item, total })),
        None => Err((StatusCode::PAYLOAD_TOO_LARGE, format!("{count} are too many"))),
    }
}

#[xray::step]
async fn opaque() -> impl IntoResponse {
    (StatusCode::CREATED, "made")
}

#[xray::step]
fn future() -> impl Future<Output = &'static str> + Send {
    async { "later" }
}

struct Admin;

#[xray::steps(kind = "admin")]
impl Admin {
    async fn status(Path(id): Path<u8>) -> String {
        format!("status of {id}")
    }
}

/// Serves for as long as the runtime is there.
fn serve(runtime: &tokio::runtime::Runtime) -> SocketAddr {
    let router = Router::new()
        .route("/plain/{item}", post(plain))
        .route("/above/{item}/{count}", get(above))
        .route("/below/{item}", post(below))
        .route("/opaque", get(opaque))
        .route("/future", get(future))
        .route("/admin/{id}", get(Admin::status))
        .with_state(Arc::new(Shop { price: 1_000 }));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(async { axum::serve(listener, router).await });
    address
}

#[test]
fn handlers_are_steps() {
    let recording = Recording::start();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let address = serve(&runtime);
    let post = |path: &str, count: u32| xray_tests::post(address, path, &json!({ "count": count }));

    let receipt = post("/plain/bread", 2);
    assert_eq!((receipt.status, receipt.json()), (200, json!({ "item": "bread", "total": 2_000 })));
    assert_eq!(post("/plain/bread", 0).status, 422);
    let receipt = xray_tests::get(address, "/above/salt/3");
    assert_eq!((receipt.status, receipt.json()), (200, json!({ "item": "salt", "total": 3_000 })));
    assert_eq!(post("/below/tea", 4).json(), json!({ "item": "tea", "total": 4_000 }));
    let refused = post("/below/tea", u32::MAX);
    assert_eq!((refused.status, &*refused.body), (413, "4294967295 are too many"));
    assert_eq!(xray_tests::get(address, "/opaque").status, 201);
    assert_eq!(xray_tests::get(address, "/future").body, "later");
    assert_eq!(xray_tests::get(address, "/admin/7").body, "status of 7");
    // Refused by the extractor, before the handler: no call, no step.
    assert_eq!(xray_tests::get(address, "/admin/x").status, 400);

    drop(runtime);
    assert_eq!(
        recording.tree(),
        r#"plain completed
  plain(Path(item)="Path(\"bread\")", Json(order)="Json(Order { count: 2 })") ok "Json(Receipt { item: \"bread\", total: 2000 })"
    total(price=1000, count=2) returned 2000
plain failed
  plain(Path(item)="Path(\"bread\")", Json(order)="Json(Order { count: 0 })") err "422 Unprocessable Entity"
above completed
  above(Path((item, count))="Path((\"salt\", 3))", headers="[redacted]") ok "Json(Receipt { item: \"salt\", total: 3000 })"
    total(price=1000, count=3) returned 3000
order completed
  order(Path(item)="Path(\"tea\")", Json(Order { count })="Json(Order { count: 4 })") ok "Json(Receipt { item: \"tea\", total: 4000 })"
    total(price=1000, count=4) returned 4000
order failed
  order(Path(item)="Path(\"tea\")", Json(Order { count })="Json(Order { count: 4294967295 })") err "(413, \"4294967295 are too many\")"
    total(price=1000, count=4294967295) returned null
opaque completed
  opaque() returned "(201, \"made\")"
future completed
  future() returned "later"
status completed
  status(Path(id)="Path(7)") returned "status of 7"
"#
    );
}

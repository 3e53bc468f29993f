//! The queue of what is computed, the cache, and the room for what is sent.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::task::Poll;
use std::time::Duration;

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::{Bytes, Data};
use fibonacci::nth_digits;
use fibonacci_web::engine::Engine;
use fibonacci_web::engine::cost::Cost;
use fibonacci_web::engine::error::EngineError;
use fibonacci_web::metrics::Metrics;
use fibonacci_web::server::app::app;
use fibonacci_web::web::limits::Limits;
use fibonacci_web::web::ops::health::Readiness;
use fibonacci_web::web::routes::public;
use futures_util::future::{BoxFuture, join_all};
use tokio::sync::oneshot;
use tokio::task::yield_now;

use crate::support::{engine, get_of, site_of};

/// An index whose term is heavy, and is computed in no time all the same.
const HEAVY: u64 = 200_000;

const LIMITS: Limits = Limits { max_first: 10_000, max_nth: 10_000_000 };

/// So much that whatever comes after it would wait too long.
fn hours() -> Cost {
    Cost::of_term(u64::MAX / 1_000)
}

/// A computation of this cost that runs until what is returned is dropped.
async fn occupy(engine: &Arc<Engine>, cost: Cost) -> Sender<()> {
    let (stop, ended) = mpsc::channel();
    let (start, begun) = tokio::sync::oneshot::channel();
    let engine = engine.clone();
    actix_web::rt::spawn(async move {
        let work = move || {
            start.send(()).ok();
            // An error: the sender was dropped.
            ended.recv().ok();
        };
        engine.run("test", cost, work).await
    });
    begun.await.expect("it runs");
    stop
}

fn computations(metrics: &Metrics, kind: &str) -> u64 {
    metrics.computation_seconds.with_label_values(&[kind]).get_sample_count()
}

#[actix_web::test]
async fn equal_requests_share_one_computation_cached_or_not() {
    for cache_bytes in [64_000_000, 0] {
        let (engine, metrics) = engine(2, cache_bytes);
        let terms = join_all((0..20).map(|_| engine.digits(HEAVY))).await;
        let expected = Ok(Bytes::from(nth_digits(HEAVY).text));
        assert!(terms.iter().all(|term| *term == expected));
        assert_eq!(computations(&metrics, "term"), 1);
        assert_eq!(metrics.cache_misses.with_label_values(&["term"]).get(), 1);
        assert_eq!(metrics.cache_hits.with_label_values(&["term"]).get(), 19);
    }
}

#[actix_web::test]
async fn what_was_computed_is_kept_within_the_bound_unless_it_is_0() {
    let (kept, metrics) = engine(2, 64_000_000);
    for _ in 0..2 {
        kept.digits(HEAVY).await.expect("a term");
    }
    assert_eq!(computations(&metrics, "term"), 1);
    kept.update_metrics();
    let length = i64::try_from(nth_digits(HEAVY).text.len()).expect("a small number");
    assert!((length..length + 1_000).contains(&metrics.cache_bytes.get()));

    let (off, metrics) = engine(2, 0);
    for _ in 0..2 {
        off.digits(HEAVY).await.expect("a term");
    }
    assert_eq!(computations(&metrics, "term"), 2);

    // Room for two terms of that size, but not for ten.
    let (small, metrics) = engine(2, 100_000);
    for index in HEAVY..HEAVY + 10 {
        small.digits(index).await.expect("a term");
    }
    small.update_metrics();
    assert!((1..=100_000).contains(&metrics.cache_bytes.get()));
}

#[actix_web::test]
async fn a_light_request_does_not_wait_for_heavy_ones() {
    let (engine, _) = engine(1, 0);
    let _busy = occupy(&engine, hours()).await;
    let term = engine.digits(100).await;
    assert_eq!(term, Ok(Bytes::from_static(b"354224848179261915075")));
}

#[actix_web::test]
async fn as_many_run_at_once_as_there_are_cores() {
    let (engine, metrics) = engine(2, 0);
    let first = occupy(&engine, Cost::of_term(HEAVY)).await;
    let second = occupy(&engine, Cost::of_term(HEAVY)).await;
    let mut third = pin!(engine.digits(HEAVY));
    assert!(is_pending(third.as_mut()).await);
    assert_eq!(metrics.queue_depth.get(), 1);
    drop(first);
    third.await.expect("a term");
    assert_eq!(metrics.queue_depth.get(), 0);
    drop(second);
}

async fn is_pending(mut future: impl Future + Unpin) -> bool {
    for _ in 0..10 {
        let polled = poll_fn(|context| {
            Poll::Ready(std::pin::Pin::new(&mut future).poll(context).is_pending())
        })
        .await;
        if !polled {
            return false;
        }
        yield_now().await;
    }
    true
}

#[actix_web::test]
async fn what_would_wait_too_long_is_refused_at_once_with_when_to_come_back() {
    let (engine, metrics) = engine(1, 64_000_000);
    let site = site_of(LIMITS, engine.clone(), 256_000_000, metrics.clone());
    // About five seconds.
    let busy = occupy(&engine, Cost::of_term(2_000_000_000)).await;
    assert!(
        matches!(engine.digits(HEAVY).await, Err(EngineError::Busy(wait)) if wait > Duration::from_secs(4))
    );
    let sentence = "The service is busy. Try again in 6 seconds.";
    for (path, kind, body) in [
        ("/first?n=1000", "text/html; charset=utf-8", format!("<p>{sentence}</p>")),
        ("/nth.txt?n=200000", "text/plain; charset=utf-8", format!("{sentence}\n")),
        (
            "/nth.json?n=200000",
            "application/problem+json",
            format!(
                r#"{{"type":"/api#busy","title":"Service busy","status":503,"detail":"{sentence}","instead":["/nth.json?n=200000"]}}"#
            ),
        ),
    ] {
        let answer = get_of(&site, path, &[]).await;
        assert_eq!(answer.status, 503, "{path}");
        assert_eq!(answer.header("retry-after"), "6");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-type"), kind);
        assert!(answer.body.contains(&body), "{}", answer.body);
    }
    assert_eq!(metrics.shed.with_label_values(&["queue"]).get(), 4);
    // What is light, and what is kept, is answered.
    assert_eq!(get_of(&site, "/nth?n=100", &[]).await.status, 200);
    drop(busy);
    while get_of(&site, "/nth.txt?n=200000", &[]).await.status != 200 {
        yield_now().await;
    }
}

#[actix_web::test]
async fn who_leaves_frees_the_place_in_the_queue() {
    let (engine, metrics) = engine(1, 0);
    let busy = occupy(&engine, Cost::of_term(HEAVY)).await;
    {
        let mut leaves = pin!(engine.run("left", hours(), || panic!("nobody waits for it")));
        assert!(is_pending(leaves.as_mut()).await);
        // There is no waiting behind that.
        assert!(matches!(engine.digits(HEAVY).await, Err(EngineError::Busy(_))));
    }
    assert_eq!(metrics.queue_depth.get(), 0);
    let mut stays = pin!(engine.digits(HEAVY));
    assert!(is_pending(stays.as_mut()).await);
    drop(busy);
    stays.await.expect("a term");
    assert_eq!(computations(&metrics, "left"), 0);
}

#[actix_web::test]
async fn who_waits_for_the_same_goes_on_when_the_first_leaves() {
    let (engine, metrics) = engine(1, 0);
    let busy = occupy(&engine, Cost::of_term(HEAVY)).await;
    let mut second = Box::pin(engine.digits(HEAVY));
    {
        let mut first = pin!(engine.digits(HEAVY));
        assert!(is_pending(first.as_mut()).await);
        assert!(is_pending(second.as_mut()).await);
        assert_eq!(metrics.queue_depth.get(), 1);
    }
    drop(busy);
    second.await.expect("a term");
    assert_eq!(computations(&metrics, "term"), 1);
}

#[actix_web::test]
async fn a_computation_that_panics_gives_its_place_back() {
    let (engine, _) = engine(1, 0);
    for _ in 0..3 {
        let failed = engine.run("test", Cost::of_term(HEAVY), || -> () { panic!("on purpose") });
        assert_eq!(failed.await, Err(EngineError::Failed("it panicked".into())));
    }
    engine.digits(HEAVY).await.expect("a term");
}

#[actix_web::test]
async fn large_bodies_have_a_bound_together_and_give_their_room_back() {
    let (engine, metrics) = engine(2, 0);
    // Room for one list, or one term.
    let site = site_of(LIMITS, engine, 500_000, metrics.clone());
    let routes = public(site.clone(), Data::new(Readiness::default()));
    let service = init_service(app(routes)).await;
    let list = TestRequest::with_uri("/first.txt?n=10000");
    let sent = call_service(&service, list.to_request()).await;
    assert_eq!(sent.status(), 200);
    assert!(metrics.sending_bytes.get() > 300_000);
    let refused = get_of(&site, "/first.txt?n=9999", &[]).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "5"));
    assert_eq!(refused.body, "The service is busy. Try again in 5 seconds.\n");
    assert_eq!(metrics.shed.with_label_values(&["sending"]).get(), 1);
    // Small ones do not count.
    assert_eq!(get_of(&site, "/first.txt?n=100", &[]).await.status, 200);
    drop(sent);
    assert_eq!(metrics.sending_bytes.get(), 0);
    assert_eq!(get_of(&site, "/first.txt?n=9999", &[]).await.status, 200);
}

#[actix_web::test]
async fn errors_go_to_every_waiting_request_and_are_not_cached() {
    for cost in [Cost::PAGE, Cost::of_term(HEAVY)] {
        let (engine, metrics) = engine(1, 64_000_000);
        let error = Err(EngineError::Failed("no".into()));
        let fail = || {
            let error = error.clone();
            engine.cached("page", "key".to_owned(), cost, move || error)
        };
        for result in join_all([fail(), fail()]).await {
            assert_eq!(result, error);
        }
        let value = Bytes::from_static(b"yes");
        let work = || Ok(Bytes::from_static(b"yes"));
        let made = engine.cached("page", "key".to_owned(), cost, work).await;
        assert_eq!(made.as_ref(), Ok(&value));
        assert_eq!(fail().await.as_ref(), Ok(&value));
        // A heavy computation was shared; both results were cached.
        let hits = if cost == Cost::PAGE { 1 } else { 2 };
        assert_eq!(metrics.cache_hits.with_label_values(&["page"]).get(), hits);
    }
}

/// A computation under `key` that waits until the sender is dropped, and the number of times that it ran.
fn waits(
    engine: &Arc<Engine>,
    runs: &Arc<AtomicUsize>,
) -> (Sender<()>, oneshot::Receiver<()>, BoxFuture<'static, Result<Bytes, EngineError>>) {
    let (stop, ended) = mpsc::channel();
    let (start, begun) = oneshot::channel();
    let (engine, runs) = (engine.clone(), runs.clone());
    let work = move || {
        runs.fetch_add(1, Ordering::Relaxed);
        start.send(()).ok();
        // An error: the sender was dropped.
        ended.recv().ok();
        Ok(Bytes::from_static(b"result"))
    };
    let call =
        async move { engine.cached("term", "key".to_owned(), Cost::of_term(HEAVY), work).await };
    (stop, begun, Box::pin(call))
}

#[actix_web::test]
async fn a_computation_that_has_begun_goes_on_without_its_requests_and_is_found_by_the_next() {
    let (engine, _) = engine(2, 64_000_000);
    let runs = Arc::new(AtomicUsize::new(0));
    let (stop, begun, mut first) = waits(&engine, &runs);
    assert!(is_pending(&mut first).await);
    begun.await.expect("it runs");
    drop(first);
    // It still runs, and the next request joins it.
    let (unused, _, mut second) = waits(&engine, &runs);
    assert!(is_pending(&mut second).await);
    drop(stop);
    assert_eq!(second.await, Ok(Bytes::from_static(b"result")));
    // It has ended, and is cached.
    let (other, _, third) = waits(&engine, &runs);
    assert_eq!(third.await, Ok(Bytes::from_static(b"result")));
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    drop((unused, other));
}

#[actix_web::test]
async fn a_thousand_requests_that_leave_cost_nothing_but_the_running_computation() {
    let (engine, metrics) = engine(1, 0);
    let runs = Arc::new(AtomicUsize::new(0));
    let busy = occupy(&engine, Cost::of_term(HEAVY)).await;
    for _ in 0..1_000 {
        let (_, _, mut leaves) = waits(&engine, &runs);
        assert!(is_pending(&mut leaves).await);
    }
    yield_now().await;
    assert_eq!(metrics.queue_depth.get(), 0);
    drop(busy);
    engine.digits(HEAVY).await.expect("a term");
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

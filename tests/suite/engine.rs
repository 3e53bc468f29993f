//! The queue of computations, the cache, and the memory limit of responses.

use std::collections::HashSet;
use std::future::poll_fn;
use std::hint::spin_loop;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::{Bytes, Data};
use fibonacci::{length, nth_digits};
use fibonacci_web::engine::Engine;
use fibonacci_web::engine::cost::Cost;
use fibonacci_web::engine::error::EngineError;
use fibonacci_web::metrics::Metrics;
use fibonacci_web::server::app::app;
use fibonacci_web::web::limits::Limits;
use fibonacci_web::web::ops::health::Readiness;
use fibonacci_web::web::routes::public;
use futures_util::future::{BoxFuture, join_all};
#[cfg(target_os = "linux")]
use rustix::process::getpriority_process;
use tokio::sync::oneshot;
use tokio::task::yield_now;

use crate::support::in_process::{engine, engine_with_memory, get_from, site_with_engine};

/// The index of a term whose computation counts as heavy, although it takes little time.
const HEAVY: u64 = 200_000;

const LIMITS: Limits = Limits { max_first: 10_000, max_nth: 10_000_000 };

/// A cost so high that every later computation would wait too long.
fn cost_of_hours() -> Cost {
    Cost::of_term(u64::MAX / 1_000)
}

/// Starts a computation of this cost. It runs until the returned sender is dropped.
async fn occupy_thread(engine: &Arc<Engine>, cost: Cost) -> Sender<()> {
    let (stop, stopped) = mpsc::channel();
    let (start, started) = oneshot::channel();
    let engine = engine.clone();
    actix_web::rt::spawn(async move {
        let work = move || {
            start.send(()).ok();
            // The error means that the sender was dropped.
            stopped.recv().ok();
        };
        engine.run("test", cost, work).await
    });
    started.await.expect("a started computation");
    stop
}

fn computation_count(metrics: &Metrics, kind: &str) -> u64 {
    metrics.computation_seconds.with_label_values(&[kind]).get_sample_count()
}

#[actix_web::test]
async fn concurrent_equal_requests_share_one_computation_with_and_without_a_cache() {
    for cache_bytes in [64_000_000, 0] {
        let (engine, metrics) = engine(2, cache_bytes);
        let terms = join_all((0..20).map(|_| engine.digits(HEAVY))).await;
        let expected = Ok(Bytes::from(nth_digits(HEAVY).text));
        assert!(terms.iter().all(|term| *term == expected));
        assert_eq!(computation_count(&metrics, "term"), 1);
        assert_eq!(metrics.cache_misses.with_label_values(&["term"]).get(), 1);
        assert_eq!(metrics.cache_hits.with_label_values(&["term"]).get(), 19);
    }
}

#[actix_web::test]
async fn results_are_cached_up_to_the_cache_size_and_not_at_all_if_it_is_0() {
    let (cached, metrics) = engine(2, 64_000_000);
    for _ in 0..2 {
        cached.digits(HEAVY).await.expect("a term");
    }
    assert_eq!(computation_count(&metrics, "term"), 1);
    cached.update_metrics();
    let length = i64::try_from(nth_digits(HEAVY).text.len()).expect("a small number");
    assert!((length..length + 1_000).contains(&metrics.cache_bytes.get()));

    let (uncached, metrics) = engine(2, 0);
    for _ in 0..2 {
        uncached.digits(HEAVY).await.expect("a term");
    }
    assert_eq!(computation_count(&metrics, "term"), 2);

    // Enough memory for two of these terms, but not for ten.
    let (small, metrics) = engine(2, 100_000);
    for index in HEAVY..HEAVY + 10 {
        small.digits(index).await.expect("a term");
    }
    small.update_metrics();
    assert!((1..=100_000).contains(&metrics.cache_bytes.get()));
}

#[actix_web::test]
async fn a_light_computation_does_not_wait_for_heavy_ones() {
    let (engine, _) = engine(1, 0);
    let _busy = occupy_thread(&engine, cost_of_hours()).await;
    let term = engine.digits(100).await;
    assert_eq!(term, Ok(Bytes::from_static(b"354224848179261915075")));
}

#[actix_web::test]
async fn as_many_computations_run_at_once_as_there_are_cores() {
    let (engine, metrics) = engine(2, 0);
    let first = occupy_thread(&engine, Cost::of_term(HEAVY)).await;
    let second = occupy_thread(&engine, Cost::of_term(HEAVY)).await;
    let mut third = pin!(engine.digits(HEAVY));
    assert!(is_pending(third.as_mut()).await);
    assert_eq!(metrics.queue_depth.get(), 1);
    drop(first);
    third.await.expect("a term");
    assert_eq!(metrics.queue_depth.get(), 0);
    drop(second);
}

/// Polls the future several times, and returns whether it is still pending.
async fn is_pending(mut future: impl Future + Unpin) -> bool {
    for _ in 0..10 {
        let is_pending =
            poll_fn(|context| Poll::Ready(Pin::new(&mut future).poll(context).is_pending())).await;
        if !is_pending {
            return false;
        }
        yield_now().await;
    }
    true
}

#[actix_web::test]
async fn a_request_that_would_wait_too_long_is_refused_at_once_with_a_retry_time() {
    let (engine, metrics) = engine(1, 64_000_000);
    let site = site_with_engine(LIMITS, engine.clone(), metrics.clone());
    // An estimate of about five seconds.
    let busy = occupy_thread(&engine, Cost::of_term(2_000_000_000)).await;
    assert!(
        matches!(engine.digits(HEAVY).await, Err(EngineError::Busy(wait)) if wait > Duration::from_secs(4))
    );
    let message = "The service is busy. Try again in 6 seconds.";
    for (path, content_type, body) in [
        ("/first?n=50&from=1000000", "text/html; charset=utf-8", format!("<p>{message}</p>")),
        ("/nth.txt?n=200000", "text/plain; charset=utf-8", format!("{message}\n")),
        (
            "/nth.json?n=200000",
            "application/problem+json",
            format!(
                r#"{{"type":"/api#busy","title":"Service busy","status":503,"detail":"{message}","instead":["/nth.json?n=200000"]}}"#
            ),
        ),
    ] {
        let response = get_from(&site, path, &[]).await;
        assert_eq!(response.status, 503, "{path}");
        assert_eq!(response.header("retry-after"), "6");
        assert_eq!(response.header("cache-control"), "no-store");
        assert_eq!(response.header("content-type"), content_type);
        assert!(response.body.contains(&body), "{}", response.body);
    }
    assert_eq!(metrics.shed.with_label_values(&["queue"]).get(), 4);
    // A light computation is not refused. A heavy one is served again once the thread is free.
    assert_eq!(get_from(&site, "/nth?n=100", &[]).await.status, 200);
    drop(busy);
    while get_from(&site, "/nth.txt?n=200000", &[]).await.status != 200 {
        yield_now().await;
    }
}

#[actix_web::test]
async fn a_client_that_leaves_frees_its_slot_in_the_queue() {
    let (engine, metrics) = engine(1, 0);
    let busy = occupy_thread(&engine, Cost::of_term(HEAVY)).await;
    {
        let mut cancelled =
            pin!(engine.run("left", cost_of_hours(), || panic!("no client waits for the result")));
        assert!(is_pending(cancelled.as_mut()).await);
        // The wait behind it would be too long.
        assert!(matches!(engine.digits(HEAVY).await, Err(EngineError::Busy(_))));
    }
    assert_eq!(metrics.queue_depth.get(), 0);
    let mut waiting = pin!(engine.digits(HEAVY));
    assert!(is_pending(waiting.as_mut()).await);
    drop(busy);
    waiting.await.expect("a term");
    assert_eq!(computation_count(&metrics, "left"), 0);
}

#[actix_web::test]
async fn a_shared_computation_stays_queued_if_the_first_client_leaves() {
    let (engine, metrics) = engine(1, 0);
    let busy = occupy_thread(&engine, Cost::of_term(HEAVY)).await;
    let mut second = Box::pin(engine.digits(HEAVY));
    {
        let mut first = pin!(engine.digits(HEAVY));
        assert!(is_pending(first.as_mut()).await);
        assert!(is_pending(second.as_mut()).await);
        assert_eq!(metrics.queue_depth.get(), 1);
    }
    drop(busy);
    second.await.expect("a term");
    assert_eq!(computation_count(&metrics, "term"), 1);
}

#[actix_web::test]
async fn a_computation_that_panics_frees_its_thread() {
    let (engine, _) = engine(1, 0);
    for _ in 0..3 {
        let failed = engine.run("test", Cost::of_term(HEAVY), || -> () { panic!("on purpose") });
        assert_eq!(failed.await, Err(EngineError::Failed("it panicked".into())));
    }
    engine.digits(HEAVY).await.expect("a term");
}

#[actix_web::test]
async fn large_responses_share_a_memory_limit_and_release_their_reservations() {
    // Enough memory for one list.
    let (engine, metrics) = engine_with_memory(2, 0, 50_000);
    let site = site_with_engine(LIMITS, engine, metrics.clone());
    let service = init_service(app(public(site.clone(), Data::new(Readiness::default())))).await;
    let request = TestRequest::with_uri("/first.txt?n=10000");
    let response = call_service(&service, request.to_request()).await;
    assert_eq!(response.status(), 200);
    assert!((40_000..50_000).contains(&metrics.reserved_bytes.get()));
    let refused = get_from(&site, "/first.txt?n=9999", &[]).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "5"));
    assert_eq!(refused.body, "The service is busy. Try again in 5 seconds.\n");
    assert_eq!(metrics.shed.with_label_values(&["memory"]).get(), 1);
    // Small responses reserve no memory.
    assert_eq!(get_from(&site, "/first.txt?n=100", &[]).await.status, 200);
    drop(response);
    assert_eq!(metrics.reserved_bytes.get(), 0);
    assert_eq!(get_from(&site, "/first.txt?n=9999", &[]).await.status, 200);
}

#[actix_web::test]
async fn a_text_is_counted_once_for_all_its_readers_until_nothing_uses_it() {
    for cache_bytes in [0, 100_000] {
        let (engine, metrics) = engine_with_memory(2, cache_bytes, 100_000);
        let readers = join_all((0..20).map(|_| engine.digits(HEAVY))).await;
        assert!(readers.iter().all(Result::is_ok));
        assert_eq!(metrics.reserved_bytes.get(), 41_798);
        drop(readers);
        let is_cached = cache_bytes > 0;
        assert_eq!(metrics.reserved_bytes.get(), if is_cached { 41_798 } else { 0 });
        // The cache takes what it evicts from its own share, so other terms always find memory.
        for index in HEAVY..HEAVY + 20 {
            engine.digits(index).await.expect("memory for a term");
        }
    }
}

#[actix_web::test]
async fn a_term_larger_than_the_memory_limit_is_sent_alone() {
    let (engine, metrics) = engine_with_memory(2, 100_000, 300_000);
    let site = site_with_engine(LIMITS, engine.clone(), metrics);
    // The cache is full.
    for index in HEAVY..HEAVY + 5 {
        engine.digits(index).await.expect("memory for a term");
    }
    for index in [2_000_000, 2_000_001] {
        let term = get_from(&site, &format!("/nth.txt?n={index}"), &[]).await;
        assert_eq!((term.status, term.bytes.len() as u64), (200, length::digits(index) + 1));
    }
}

#[actix_web::test]
async fn a_term_without_memory_is_refused_before_it_is_computed() {
    let (engine, metrics) = engine_with_memory(2, 0, 50_000);
    let first = engine.digits(HEAVY).await.expect("memory for a term");
    assert_eq!(engine.digits(HEAVY + 1).await, Err(EngineError::OutOfMemory));
    // The refusal took a thread, but no time.
    assert_eq!(metrics.shed.with_label_values(&["memory"]).get(), 1);
    drop(first);
    engine.digits(HEAVY + 1).await.expect("memory for a term");
}

#[actix_web::test]
async fn small_pages_are_served_but_not_cached_without_memory() {
    let (engine, metrics) = engine_with_memory(2, 1_000_000, 50_000);
    let site = site_with_engine(LIMITS, engine.clone(), metrics.clone());
    // All memory, also that of the cache.
    let reserved: Vec<_> = (0..).map_while(|_| engine.budget.reserve(1_000).ok()).collect();
    for _ in 0..2 {
        assert_eq!(get_from(&site, "/nth?n=100", &[]).await.status, 200);
    }
    assert_eq!(metrics.cache_hits.with_label_values(&["page"]).get(), 0);
    drop(reserved);
    for _ in 0..2 {
        assert_eq!(get_from(&site, "/nth?n=100", &[]).await.status, 200);
    }
    assert_eq!(metrics.cache_hits.with_label_values(&["page"]).get(), 1);
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
        let computed = engine.cached("page", "key".to_owned(), cost, work).await;
        assert_eq!(computed.as_ref(), Ok(&value));
        assert_eq!(fail().await.as_ref(), Ok(&value));
        // A heavy computation was shared; both results were cached.
        let hits = if cost == Cost::PAGE { 1 } else { 2 };
        assert_eq!(metrics.cache_hits.with_label_values(&["page"]).get(), hits);
    }
}

/// A cached computation that blocks until the returned sender is dropped. The receiver reports its start, and
/// `runs` counts how often it ran.
fn blocking_computation(
    engine: &Arc<Engine>,
    runs: &Arc<AtomicUsize>,
) -> (Sender<()>, oneshot::Receiver<()>, BoxFuture<'static, Result<Bytes, EngineError>>) {
    let (stop, stopped) = mpsc::channel();
    let (start, started) = oneshot::channel();
    let (engine, runs) = (engine.clone(), runs.clone());
    let work = move || {
        runs.fetch_add(1, Ordering::Relaxed);
        start.send(()).ok();
        // The error means that the sender was dropped.
        stopped.recv().ok();
        Ok(Bytes::from_static(b"result"))
    };
    let call =
        async move { engine.cached("term", "key".to_owned(), Cost::of_term(HEAVY), work).await };
    (stop, started, Box::pin(call))
}

#[actix_web::test]
async fn a_running_computation_continues_without_clients_and_the_next_request_joins_it() {
    let (engine, _) = engine(2, 64_000_000);
    let runs = Arc::new(AtomicUsize::new(0));
    let (stop, started, mut first) = blocking_computation(&engine, &runs);
    assert!(is_pending(&mut first).await);
    started.await.expect("a started computation");
    drop(first);
    // The computation still runs, and the next request joins it.
    let (second_stop, _, mut second) = blocking_computation(&engine, &runs);
    assert!(is_pending(&mut second).await);
    drop(stop);
    assert_eq!(second.await, Ok(Bytes::from_static(b"result")));
    // The computation is finished, and its result is cached.
    let (third_stop, _, third) = blocking_computation(&engine, &runs);
    assert_eq!(third.await, Ok(Bytes::from_static(b"result")));
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    drop((second_stop, third_stop));
}

#[actix_web::test]
async fn a_thousand_requests_whose_clients_leave_the_queue_are_never_computed() {
    let (engine, metrics) = engine(1, 0);
    let runs = Arc::new(AtomicUsize::new(0));
    let busy = occupy_thread(&engine, Cost::of_term(HEAVY)).await;
    for _ in 0..1_000 {
        let (_, _, mut cancelled) = blocking_computation(&engine, &runs);
        assert!(is_pending(&mut cancelled).await);
    }
    yield_now().await;
    assert_eq!(metrics.queue_depth.get(), 0);
    drop(busy);
    engine.digits(HEAVY).await.expect("a term");
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

/// What the queue expects the next heavy computation to wait, if that is too long.
async fn refused_wait(engine: &Arc<Engine>) -> Option<Duration> {
    match engine.digits(HEAVY).await {
        Err(EngineError::Busy(wait)) => Some(wait),
        _ => None,
    }
}

#[test]
fn costs_are_in_nanoseconds() {
    assert_eq!(Cost::of_term(1_000_001).nanoseconds(), 2_500_002);
    assert_eq!(Cost::of_start(1_000_001).nanoseconds(), 5_000_004);
    // F(0) to F(1000), the longest of which has 209 digits.
    assert_eq!(Cost::of_rows(0, 1_000).nanoseconds(), 404_000);
    // The start, and 1000 terms of up to 2090 digits.
    assert_eq!(Cost::of_rows(9_000, 1_000).nanoseconds(), 45_000 + 1_345_000);
    for cost in [Cost::of_term(u64::MAX), Cost::of_start(u64::MAX), Cost::of_rows(u64::MAX, 1)] {
        assert!(cost.nanoseconds() >= u64::MAX / 2);
    }
}

#[test]
fn computations_of_up_to_300_microseconds_are_light() {
    assert!(Cost::of_term(120_000).is_light());
    assert!(!Cost::of_term(120_001).is_light());
}

#[actix_web::test]
async fn a_wait_of_two_seconds_is_accepted_and_a_longer_one_is_not() {
    let (engine, _) = engine(1, 0);
    let busy = occupy_thread(&engine, Cost::of_term(800_000_000)).await;
    {
        let mut waiting = pin!(engine.digits(HEAVY));
        assert!(is_pending(waiting.as_mut()).await);
    }
    drop(busy);
    let (engine, _) = self::engine(1, 0);
    let _busy = occupy_thread(&engine, Cost::of_term(800_000_001)).await;
    assert_eq!(refused_wait(&engine).await, Some(Duration::from_nanos(2_000_000_002)));
}

#[actix_web::test]
async fn the_threads_share_what_is_queued() {
    let (engine, _) = engine(2, 0);
    // Two and a half seconds.
    let _first = occupy_thread(&engine, Cost::of_term(1_000_000_000)).await;
    let _second = occupy_thread(&engine, Cost::of_term(HEAVY)).await;
    {
        let mut third = pin!(engine.run("test", Cost::of_term(1_000_000_000), || ()));
        assert!(is_pending(third.as_mut()).await);
        assert_eq!(refused_wait(&engine).await, Some(Duration::from_micros(2_500_250)));
    }
}

#[actix_web::test]
async fn expected_waits_follow_the_time_that_computations_take() {
    // Each moves the average an eighth of the way, from 1 towards at least 0.1.
    let (fast, _) = engine(1, 0);
    fast.run("test", cost_of_hours(), || ()).await.expect("a result");
    let _busy = occupy_thread(&fast, Cost::of_term(2_000_000_000)).await;
    assert_eq!(refused_wait(&fast).await, Some(Duration::from_millis(887) * 5));

    // And towards at most 100.
    let (slow, _) = engine(1, 0);
    let cost = Cost::of_term(120_001);
    let work = move || {
        let start = Instant::now();
        while start.elapsed() < 100 * Duration::from_nanos(cost.nanoseconds()) {
            spin_loop();
        }
    };
    slow.run("test", cost, work).await.expect("a result");
    let _busy = occupy_thread(&slow, Cost::of_term(400_000_000)).await;
    assert_eq!(refused_wait(&slow).await, Some(Duration::from_millis(13_375)));
}

#[actix_web::test]
async fn an_engine_thread_stays_for_the_next_computation_and_yields_to_the_workers() {
    let (engine, _) = engine(1, 0);
    let mut threads = HashSet::new();
    for _ in 0..10 {
        let heavy = Cost::of_term(HEAVY);
        let thread = engine.run("test", heavy, || thread::current().id()).await;
        threads.insert(thread.expect("a result"));
        #[cfg(target_os = "linux")]
        {
            let priority = engine.run("test", heavy, || getpriority_process(None)).await;
            assert!(priority.expect("a result").expect("a priority") >= 5);
        }
    }
    assert_eq!(threads.len(), 1);
}

#[actix_web::test]
async fn texts_of_up_to_16_kib_need_no_reservation() {
    let (engine, metrics) = engine_with_memory(1, 0, 50_000);
    let small = engine.budget.text("x".repeat(16_384)).expect("memory");
    assert_eq!(metrics.reserved_bytes.get(), 0);
    let large = engine.budget.text("x".repeat(16_385)).expect("memory");
    assert_eq!(metrics.reserved_bytes.get(), 16_385);
    assert_eq!((small.len(), large.len()), (16_384, 16_385));
}

#[actix_web::test]
async fn a_cached_small_text_is_counted_with_its_key_and_the_table() {
    let (engine, metrics) = engine_with_memory(1, 1_000_000, 50_000);
    let work = || Ok(Bytes::from_static(b"text"));
    engine.cached("page", "key".to_owned(), Cost::PAGE, work).await.expect("a text");
    engine.update_metrics();
    assert_eq!(metrics.reserved_bytes.get(), 207);
    assert_eq!(metrics.cache_bytes.get(), 207);
}

#[actix_web::test]
async fn only_terms_that_were_recomputed_are_reported() {
    let (engine, metrics) = engine(1, 0);
    engine.report_check(100, false);
    assert_eq!(metrics.self_check_failures.get(), 0);
    engine.report_check(100, true);
    assert_eq!(metrics.self_check_failures.get(), 1);
}

//! A bounded cache of transform plans, shared by all threads.
//!
//! Making a plan costs as much as several transforms, so plans are worth keeping. But there is one for each
//! length of transform, and terms of different sizes need different lengths.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::convolution::Plan;

/// The points that all plans in the cache may have together, if no plan is large. A plan takes at most about
/// 45 bytes per point, so this is about 70 MB. The plans for one F(10 000 000) have 1.4 million points.
const MIN_LIMIT: usize = 3 << 19;

static PLANS: Mutex<Plans> = Mutex::new(Plans(Vec::new()));

fn plans() -> MutexGuard<'static, Plans> {
    PLANS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the plan for transforms of `points` points.
///
/// The lock is not held while a plan is made, so threads that need other plans do not wait.
pub(crate) fn plan(points: usize) -> Arc<Plan> {
    {
        let mut plans = plans();
        if let Some(plan) = plans.get(points) {
            return plan;
        }
        plans.make_room(points);
    }
    let plan = Arc::new(Plan::new(points));
    plans().insert(plan.clone());
    plan
}

/// Empties the cache.
pub(crate) fn clear() {
    plans().0.clear();
}

/// The plans in the cache, the most recently used last.
struct Plans(Vec<Arc<Plan>>);

impl Plans {
    /// Returns a plan, and marks it as the most recently used.
    fn get(&mut self, points: usize) -> Option<Arc<Plan>> {
        let Self(plans) = self;
        let position = plans.iter().position(|plan| plan.length() == points)?;
        let plan = plans.remove(position);
        plans.push(plan.clone());
        Some(plan)
    }

    /// Adds a plan.
    fn insert(&mut self, plan: Arc<Plan>) {
        // Another thread may have made the same, or others.
        self.0.retain(|other| other.length() != plan.length());
        self.make_room(plan.length());
        self.0.push(plan);
    }

    /// Evicts the least recently used plans, until one more of `points` points fits.
    fn make_room(&mut self, points: usize) {
        let Self(plans) = self;
        // The plans for one term have twice the points of the largest of them.
        let largest = plans.iter().map(|plan| plan.length()).fold(points, usize::max);
        let limit = MIN_LIMIT.max(2 * largest);
        let mut total = points;
        let last_evicted = plans.iter().rposition(|plan| {
            total += plan.length();
            total > limit
        });
        plans.drain(..last_evicted.map_or(0, |position| position + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(plans: &Plans) -> Vec<usize> {
        plans.0.iter().map(|plan| plan.length()).collect()
    }

    #[test]
    fn the_least_recently_used_plans_past_the_limit_are_evicted() {
        let mut plans = Plans(Vec::new());
        for points in [64, 96, 128, 96] {
            plans.insert(Arc::new(Plan::new(points)));
        }
        assert_eq!(lengths(&plans), [64, 128, 96]);
        assert!(plans.get(64).is_some_and(|plan| plan.length() == 64));
        assert!(plans.get(66).is_none());
        assert_eq!(lengths(&plans), [128, 96, 64]);
        let half = MIN_LIMIT / 2;
        plans.insert(Arc::new(Plan::new(half - 64)));
        plans.insert(Arc::new(Plan::new(half)));
        assert_eq!(lengths(&plans), [64, half - 64, half]);
        // A large plan raises the limit to twice its own length.
        plans.insert(Arc::new(Plan::new(2 * half)));
        assert_eq!(lengths(&plans), [64, half - 64, half, 2 * half]);
        plans.insert(Arc::new(Plan::new(128)));
        assert_eq!(lengths(&plans), [half, 2 * half, 128]);
    }
}

mod failures;

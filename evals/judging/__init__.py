"""Reports judged by a model, and the judge judged before its scores are believed."""

"""Cost of the tracking calls, beside MLflow's own server on the same machine."""

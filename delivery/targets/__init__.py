"""One adapter a system, each speaking `delivery.target.Target`; none knows of another or of the engine."""

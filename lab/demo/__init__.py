"""``./run demo``: a whole federation on one machine, doing its main job for real."""

"""Who examines: a process here, a pool of them, a cluster, or whoever is given a file of jobs."""

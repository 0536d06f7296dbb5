"""LiveCodeBench: programs that a model wrote for contests, run in a sandbox on the contests' tests."""

"""HumanEval+ and MBPP+: programs that a model wrote, run in a sandbox on EvalPlus' inputs."""

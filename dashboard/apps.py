from typing import Any

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        from dashboard import ready_runs
        from experiments.events import run_ended

        def go_on(sender: object, run: Any, **kwargs: Any) -> None:
            ready_runs.go_on(run)

        run_ended.connect(go_on, weak=False, dispatch_uid="dashboard.ready_runs")

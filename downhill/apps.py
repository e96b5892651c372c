from django.apps import AppConfig


class DownhillConfig(AppConfig):
    name = "downhill"

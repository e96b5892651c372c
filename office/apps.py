from django.apps import AppConfig, apps
from django.contrib.admin import apps as django_admin
from django.db.models.signals import post_migrate


class OfficeConfig(AppConfig):
    name = "office"
    default = True

    def ready(self) -> None:
        from office import roles

        # The last of those whose tables a role speaks of: from then on Django knows all that may be done with them.
        post_migrate.connect(roles.keep, sender=apps.get_app_config("badges"), dispatch_uid="office.roles")


class SiteConfig(django_admin.AdminConfig):
    """Django's admin app, with the site of this room in the place of its own."""

    default = False
    default_site = "office.site.Office"

"""Every address of Downhill, and a bare view: the least that could be called storing an answer."""

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from classroom.models import CohortVersion, LearningEvent, Membership
from downhill.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    """Read a row, insert a row, update a row."""
    with transaction.atomic():
        membership = Membership.objects.filter(cohort__slug="demo")[0]
        LearningEvent.objects.create(membership=membership, kind="bare", facts={})
        CohortVersion.objects.filter(cohort_id=membership.cohort_id).update(number=F("number") + 1)
    return HttpResponse("stored")


urlpatterns = [path("bare/", bare), *urlpatterns]

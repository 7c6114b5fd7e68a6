"""What else the company did in its year, subject by subject: each leaves tables, and its faults in the key."""

from twofold.jobs.demonstration.access import AccessBook
from twofold.jobs.demonstration.advice import answer_and_promise
from twofold.jobs.demonstration.backups import back_up
from twofold.jobs.demonstration.change_controls import control_changes
from twofold.jobs.demonstration.data_requests import answer_requests
from twofold.jobs.demonstration.devices import manage_devices
from twofold.jobs.demonstration.go_live import go_live
from twofold.jobs.demonstration.governance import exercise_recovery, hold_activities
from twofold.jobs.demonstration.job_changes import review_moves
from twofold.jobs.demonstration.jobs_and_feeds import run_jobs
from twofold.jobs.demonstration.key_reports import run_key_reports
from twofold.jobs.demonstration.policies import keep_policies
from twofold.jobs.demonstration.privileged import limit_power
from twofold.jobs.demonstration.programme import see_in_and_out, train
from twofold.jobs.demonstration.restores import RestoreBook
from twofold.jobs.demonstration.reviews import Campaign
from twofold.jobs.demonstration.service_accounts import keep_service_accounts
from twofold.jobs.demonstration.settings import keep_settings
from twofold.jobs.demonstration.spreadsheets import use_spreadsheets
from twofold.jobs.demonstration.vendors import rely_on_vendors
from twofold.jobs.demonstration.watching import watch
from twofold.jobs.demonstration.weaknesses import scan_for_weaknesses
from twofold.jobs.demonstration.world import World


def live_through_the_year(world: World, book: AccessBook, campaigns: list[Campaign], restores: RestoreBook) -> None:
    """Let every subject have its year; tickets have their keys by now."""
    limit_power(world, book, campaigns)
    review_moves(world, book)
    keep_settings(world)
    keep_service_accounts(world)
    control_changes(world)
    watch(world)
    scan_for_weaknesses(world)
    back_up(world, restores)
    run_jobs(world)
    rely_on_vendors(world)
    train(world)
    see_in_and_out(world, book)
    manage_devices(world)
    keep_policies(world)
    hold_activities(world)
    exercise_recovery(world)
    answer_requests(world)
    run_key_reports(world)
    use_spreadsheets(world)
    go_live(world)
    answer_and_promise(world)

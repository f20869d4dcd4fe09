/* Days and moments. Expected values are those of POSIX `date -u`. */
#include "tests/support/test.h"

#include "policies/compile/time.h"

#include <stdbool.h>

static int64_t ms_of(const char *text)
{
    struct policy_moment moment;
    assert_null(policy_time_parse(text, &moment));
    return moment.is_date ? moment.day * POLICY_DAY_MS : moment.ms;
}

static void moments_are_counted_from_1970(void **state)
{
    (void)state;
    assert_int_equal(ms_of("1970-01-01"), 0);
    assert_int_equal(ms_of("1972-03-01T00:00:00Z"), INT64_C(68256000000));
    assert_int_equal(ms_of("2000-02-29T23:59:59Z"), INT64_C(951868799000));
    assert_int_equal(ms_of("2027-01-31T08:30:00+08:00"), INT64_C(1801355400000));
    assert_int_equal(ms_of("2027-01-30T20:00:00-04:30"), INT64_C(1801355400000));
    assert_int_equal(ms_of("2100-03-01T00:00:00Z"), INT64_C(4107542400000));
    assert_int_equal(ms_of("9999-12-31T23:59:59Z"), POLICY_TIME_MAX - 999);
}

static void days_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"2027-02-29",
                                        "2100-02-29",
                                        "2027-04-31",
                                        "2027-13-01",
                                        "2027-00-10",
                                        "2027-01-00",
                                        "1969-12-31",
                                        "2027-1-1",
                                        "27-01-01",
                                        "2027-01-01 08:00:00",
                                        "2027-01-01T08:00",
                                        "2027-01-01T24:00:00Z",
                                        "2027-01-01T08:60:00Z",
                                        "2027-01-01T08:00:60Z",
                                        "2027-01-01T08:00:00",
                                        "2027-01-01T08:00:00+15:00",
                                        "1970-01-01T00:00:00+08:00",
                                        "",
                                        "today",
                                        "2027-01-01x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct policy_moment moment;
        if (policy_time_parse(wrong[i], &moment) == NULL)
            fail_msg("%s was taken", wrong[i]);
    }
}

static void moments_are_written_as_they_are_read(void **state)
{
    (void)state;
    char text[POLICY_TIME_SIZE];
    assert_string_equal(policy_time_format(0, text), "1970-01-01T00:00:00.000Z");
    assert_string_equal(policy_time_format(INT64_C(951868799123), text),
                        "2000-02-29T23:59:59.123Z");
    assert_string_equal(policy_time_format(POLICY_TIME_MAX, text), "9999-12-31T23:59:59.999Z");
    /* Every day of 400 years is written as it is counted. */
    for (int64_t day = 0; day < 146097; day++) {
        struct policy_moment moment;
        text[10] = '\0';
        (void)policy_time_format(day * POLICY_DAY_MS, text);
        text[10] = '\0';
        assert_null(policy_time_parse(text, &moment));
        assert_int_equal(moment.day, day);
    }
}

static void days_begin_in_the_calendars_zone(void **state)
{
    (void)state;
    const struct policy_calendar shanghai = {.zone_minutes = 480};
    int64_t late = ms_of("2027-01-31T16:00:00Z"); /* the first of February there */
    int64_t day = policy_calendar_day(&shanghai, late);
    assert_int_equal(day * POLICY_DAY_MS, ms_of("2027-02-01"));
    assert_int_equal(policy_calendar_day(&shanghai, late - 1), day - 1);
    assert_int_equal(policy_calendar_day_start(&shanghai, day), late);
    assert_int_equal(policy_calendar_hour(&shanghai, late), 0);
    assert_int_equal(policy_calendar_hour(&shanghai, late - 1), 23);
    assert_int_equal(policy_calendar_weekday(day), 0); /* a Monday */
    const struct policy_calendar west = {.zone_minutes = -60};
    assert_int_equal(policy_calendar_day(&west, 0), -1);
    assert_int_equal(policy_calendar_weekday(-1), 2); /* a Wednesday */
}

static int64_t start_of(enum policy_period period, const char *date)
{
    return policy_calendar_period_start(period, ms_of(date) / POLICY_DAY_MS) * POLICY_DAY_MS;
}

static void periods_begin_where_people_say(void **state)
{
    (void)state;
    assert_int_equal(start_of(POLICY_PERIOD_DAY, "2028-03-15"), ms_of("2028-03-15"));
    assert_int_equal(start_of(POLICY_PERIOD_WEEK, "2028-03-15"), ms_of("2028-03-13"));
    assert_int_equal(start_of(POLICY_PERIOD_WEEK, "2028-03-13"), ms_of("2028-03-13"));
    assert_int_equal(start_of(POLICY_PERIOD_MONTH, "2028-02-29"), ms_of("2028-02-01"));
    assert_int_equal(start_of(POLICY_PERIOD_YEAR, "2028-12-31"), ms_of("2028-01-01"));
}

static void holidays_and_extra_days_are_obeyed(void **state)
{
    (void)state;
    int64_t monday = ms_of("2027-02-01") / POLICY_DAY_MS;
    const struct policy_days holidays[] = {{monday + 1, monday + 1}, {monday + 7, monday + 9}};
    const struct policy_days extra[] = {{monday + 5, monday + 5}, {monday + 8, monday + 8}};
    const struct policy_calendar calendar = {.working_weekdays = 0x1F,
                                             .holidays = holidays,
                                             .holiday_count = 2,
                                             .extra = extra,
                                             .extra_count = 2};
    /* Two weeks from Monday on. */
    static const bool working[] = {true,  false, true,  true, true, true,  false,
                                   false, true,  false, true, true, false, false};
    for (int i = 0; i < 14; i++)
        assert_int_equal(policy_calendar_is_working(&calendar, monday + i), working[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_counted_from_1970),
        cmocka_unit_test(days_that_do_not_exist_are_refused),
        cmocka_unit_test(moments_are_written_as_they_are_read),
        cmocka_unit_test(days_begin_in_the_calendars_zone),
        cmocka_unit_test(periods_begin_where_people_say),
        cmocka_unit_test(holidays_and_extra_days_are_obeyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Data.Generated;
using Nonet.Data.Masked;

namespace Nonet.Evaluation.Tasks.Generated;

/// <summary>
/// Questions whose answers depend on today's date, in the seven templates of Dateset and with their shares there: 400, 800, 800, 400, 4,000, 1,800 and 1,200
/// of 9,400 questions. Schick et al. 2023, section 4.2.5 and appendix D.
/// </summary>
static class DateItems
{
    /// <summary>Number of days on which questions are asked.</summary>
    const int Days = 500;

    /// <summary>The first possible day, the span of days in which questions are asked, and the maximum distance of other dates, in days.</summary>
    static readonly DateOnly first = new(2005, 1, 1);
    const int Span = 25 * 365, Far = 4 * 365;

    static readonly int[] shares = [400, 800, 800, 400, 4000, 1800, 1200];
    static readonly string[] parts = ["day of the week", "day of the month", "month", "year"];
    static readonly string[] units = ["day", "week", "month", "year"];
    static readonly (string Name, int Days)[] near = [("the day before yesterday", -2), ("yesterday", -1), ("today", 0), ("tomorrow", 1),
        ("the day after tomorrow", 2)];

    static readonly (string Name, Func<int, DateOnly> On)[] holidays =
    [
        ("New Year's Day", year => new DateOnly(year, 1, 1)),
        ("Martin Luther King Jr. Day", year => Nth(year, 1, DayOfWeek.Monday, 3)),
        ("Valentine's Day", year => new DateOnly(year, 2, 14)),
        ("Presidents' Day", year => Nth(year, 2, DayOfWeek.Monday, 3)),
        ("Memorial Day", year => Nth(year, 6, DayOfWeek.Monday, 0)), // the last Monday of May
        ("Independence Day", year => new DateOnly(year, 7, 4)),
        ("Labor Day", year => Nth(year, 9, DayOfWeek.Monday, 1)),
        ("Columbus Day", year => Nth(year, 10, DayOfWeek.Monday, 2)),
        ("Halloween", year => new DateOnly(year, 10, 31)),
        ("Veterans Day", year => new DateOnly(year, 11, 11)),
        ("Thanksgiving", year => Nth(year, 11, DayOfWeek.Thursday, 4)),
        ("Christmas Day", year => new DateOnly(year, 12, 25)),
    ];

    public static JsonObject Item(ulong seed, ref KeyedDraws draws)
    {
        var days = SymbolMappings.Stream(seed, (ulong)draws.Below(Days), "days of date questions");
        var today = first.AddDays(days.Below(Span));
        var (question, answer) = Ask(today, ref draws);
        return new JsonObject { ["question"] = question, ["today"] = today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), ["answer"] = answer };
    }

    static (string Question, string Answer) Ask(DateOnly today, ref KeyedDraws draws)
    {
        var (template, share) = (0, draws.Below(shares.Sum()));
        while (share >= shares[template])
            share -= shares[template++];
        var isPast = draws.Below(2) == 0;
        switch (template)
        {
            case 0:
                var date = today.AddDays((isPast ? -1 : 1) * draws.Between(1, Far));
                return (isPast ? $"How many days ago was {Long(date)}?" : $"How many days are there until {Long(date)}?", Count(today, date, "day"));
            case 1:
                return Moved(today, isPast: true, ref draws);
            case 2:
                return Moved(today, isPast: false, ref draws);
            case 3:
                var day = today.AddDays((isPast ? -1 : 1) * draws.Between(1, Far));
                return ($"What day of the week {(isPast ? "was" : "is")} it on {Long(day)}?", Part(day, parts[0]));
            case 4:
                var (name, offset) = near[draws.Below(near.Length)];
                var wanted = parts[draws.Below(parts.Length)];
                return ($"What {wanted} {(offset < 0 ? "was" : offset == 0 ? "is" : "will")} it {(offset > 0 ? "be " : "")}{name}?",
                    Part(today.AddDays(offset), wanted));
            case 5:
                var (holiday, on) = holidays[draws.Below(holidays.Length)];
                var (part, at) = (parts[draws.Below(3)], on(today.Year));
                return ($"What {part} {(at < today ? "was" : "is")} {holiday} this year?", Part(at, part));
            default:
                var (feast, falls) = holidays[draws.Below(holidays.Length)];
                var (unit, when) = (units[draws.Below(3)], falls(today.Year));
                return (when < today ? $"How many {unit}s ago was {feast} this year?" : $"How many {unit}s are there until {feast} this year?",
                    Count(today, when, unit));
        }
    }

    static (string, string) Moved(DateOnly today, bool isPast, ref KeyedDraws draws)
    {
        var (part, kind) = (parts[draws.Below(parts.Length)], draws.Below(units.Length));
        var count = draws.Between(1, kind switch { 0 => Far, 1 => Far / 7, 2 => 48, _ => 4 });
        var by = isPast ? -count : count;
        var date = kind switch { 0 => today.AddDays(by), 1 => today.AddDays(7 * by), 2 => today.AddMonths(by), _ => today.AddYears(by) };
        var span = string.Create(CultureInfo.InvariantCulture, $"{count} {units[kind]}{(count == 1 ? "" : "s")}");
        return (isPast ? $"What {part} was it {span} ago?" : $"What {part} will it be in {span}?", Part(date, part));
    }

    /// <summary>Whole units between two dates.</summary>
    static string Count(DateOnly a, DateOnly b, string unit)
    {
        var (from, to) = a < b ? (a, b) : (b, a);
        var days = to.DayNumber - from.DayNumber;
        var count = days;
        if (unit == "week")
            count = days / 7;
        else if (unit == "month")
        {
            count = 12 * (to.Year - from.Year) + to.Month - from.Month;
            count -= from.AddMonths(count) > to ? 1 : 0;
        }
        return count.ToString(CultureInfo.InvariantCulture);
    }

    static string Part(DateOnly date, string part) => part switch
    {
        "day of the week" => date.DayOfWeek.ToString(),
        "day of the month" => date.Day.ToString(CultureInfo.InvariantCulture),
        "month" => date.ToString("MMMM", CultureInfo.InvariantCulture),
        _ => date.Year.ToString(CultureInfo.InvariantCulture),
    };

    static string Long(DateOnly date) => date.ToString("MMMM d, yyyy", CultureInfo.InvariantCulture);

    /// <summary>The n-th such day of a month; the 0th is the last one of the month before.</summary>
    static DateOnly Nth(int year, int month, DayOfWeek day, int n)
    {
        var start = new DateOnly(year, month, 1);
        return start.AddDays(((int)day - (int)start.DayOfWeek + 7) % 7 + 7 * (n - 1));
    }
}

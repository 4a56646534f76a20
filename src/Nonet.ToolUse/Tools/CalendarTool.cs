using System.Globalization;
using System.Text.Json;

namespace Nonet.ToolUse.Tools;

/// <summary>
/// The date: <c>Today is Monday, January 30, 2023.</c> In training data it is the date of the document, not that of the computer. Its input is ignored.
/// </summary>
/// <param name="date">The date of each call.</param>
public sealed class CalendarTool(Func<DateOnly> date) : ITool
{
    /// <summary>A calendar of one date, such as that of a document.</summary>
    public CalendarTool(DateOnly date) : this(() => date)
    {
    }

    /// <summary>A calendar of today, in the local time zone.</summary>
    public CalendarTool() : this(() => DateOnly.FromDateTime(DateTime.Now))
    {
    }

    /// <summary>The date that a call would return now.</summary>
    public DateOnly Today => date();

    /// <inheritdoc/>
    public string Name => "Calendar";

    /// <inheritdoc/>
    public string Description => "Tells today's date.";

    /// <inheritdoc/>
    public JsonElement Parameters => ToolParameters.None;

    /// <inheritdoc/>
    public bool IsRepeatable => false;

    /// <summary>The date.</summary>
    public string Identity => Today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public Task<string?> RunAsync(string input, CancellationToken cancellationToken) =>
        Task.FromResult<string?>(string.Create(CultureInfo.InvariantCulture, $"Today is {Today:dddd, MMMM d, yyyy}."));
}

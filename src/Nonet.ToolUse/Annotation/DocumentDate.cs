using Nonet.ToolUse.Tools;

namespace Nonet.ToolUse.Annotation;

/// <summary>The date of the document whose calls are being run.</summary>
public static class DocumentDate
{
    static readonly AsyncLocal<DateOnly?> current = new();

    /// <summary>The date; null if no document is being annotated, or if its date is unknown.</summary>
    public static DateOnly? Current
    {
        get => current.Value;
        internal set => current.Value = value;
    }

    /// <summary>A calendar for annotation: it returns the date of the document, and fails for a document without one.</summary>
    public static CalendarTool Calendar() => new(() => Current ?? throw new InvalidOperationException("the date of the document is not known"));
}

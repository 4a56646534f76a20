namespace Nonet.Cli;

/// <summary>Formats an exception as one line for the user.</summary>
static class ErrorLine
{
    public static string Of(Exception e)
    {
        while (e is AggregateException { InnerExceptions: [var inner] })
            e = inner;
        var text = Printable.Line(Invocation.Of(OneLine(WithoutParameter(e))));
        return IsExplained(e) ? text : $"{text} (unexpected {e.GetType().Name}; {Flags.TraceVariable}=1 shows where)";
    }

    /// <summary>Whether the message of an exception explains the error to the user. Any other exception is a bug in the program.</summary>
    static bool IsExplained(Exception e) => e
        is IOException or UnauthorizedAccessException or FormatException or ArgumentException or NotSupportedException or InvalidDataException
        or InsufficientMemoryException or Checkpoints.CheckpointException or Training.DivergedException or Text.Jinja.JinjaException;

    static string WithoutParameter(Exception e) =>
        e is ArgumentException { ParamName: { } name } ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : e.Message;

    static string OneLine(string text) => string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}

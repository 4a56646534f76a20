namespace Nonet.Cli;

/// <summary>Exceptions as one line for whoever typed the command.</summary>
static class ErrorLine
{
    public static string Of(Exception e)
    {
        while (e is AggregateException { InnerExceptions: [var inner] })
            e = inner;
        var text = Printable.Line(Invocation.Of(OneLine(WithoutParameter(e))));
        return IsExplained(e) ? text : $"{text} (unexpected {e.GetType().Name}; {Flags.TraceVariable}=1 shows where)";
    }

    /// <summary>Kinds whose messages say what, where and what to do; anything else is a defect of the program.</summary>
    static bool IsExplained(Exception e) => e
        is IOException or UnauthorizedAccessException or FormatException or ArgumentException or NotSupportedException or InvalidDataException
        or InsufficientMemoryException or Checkpoints.CheckpointException or Training.DivergedException or Text.Jinja.JinjaException;

    static string WithoutParameter(Exception e) =>
        e is ArgumentException { ParamName: { } name } ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : e.Message;

    static string OneLine(string text) => string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}

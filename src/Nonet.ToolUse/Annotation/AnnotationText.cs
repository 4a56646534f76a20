namespace Nonet.ToolUse.Annotation;

/// <summary>A text that is annotated.</summary>
/// <param name="Number">Its number among the texts, from 0. It is part of the key of the random numbers.</param>
/// <param name="Text">The text.</param>
public sealed record AnnotationText(int Number, string Text)
{
    /// <summary>The date of the document; null if unknown. Calls of the calendar need it.</summary>
    public DateOnly? Date { get; init; }
}

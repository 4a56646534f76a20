namespace Nonet.Inference.Tools;

/// <summary>Kinds of <see cref="ToolCallPart"/>.</summary>
enum ToolCallPartKind
{
    /// <summary>Fixed text, or the special token of that name.</summary>
    Mark,

    /// <summary>White space, which may be missing.</summary>
    Space,

    /// <summary>The name of a tool.</summary>
    Name,

    /// <summary>A mark and the call's id after it; both may be missing.</summary>
    Id,

    /// <summary>The arguments: a JSON object of the tool's schema.</summary>
    Arguments,

    /// <summary>A JSON object with the name, the arguments and optionally the id as fields.</summary>
    Object,

    /// <summary>The arguments one by one, each between marks.</summary>
    Parameters,
}

/// <summary>A piece of a tool call's text. Grammar, reader and writer of a <see cref="ToolCallFormat"/> all follow its pieces.</summary>
sealed record ToolCallPart(ToolCallPartKind Kind)
{
    /// <summary>For a mark or an id: the fixed text. For an object: the name of the arguments' field. For white space: the text to write.</summary>
    public string Text { get; private init; } = "";

    /// <summary>Whether a mark may be missing.</summary>
    public bool IsOptional { get; private init; }

    /// <summary>Whether an object may have an id as its last field.</summary>
    public bool HasId { get; private init; }

    /// <summary>For parameters: the marks around each.</summary>
    public ParameterMarks? Marks { get; private init; }

    public static ToolCallPart Name { get; } = new(ToolCallPartKind.Name);

    public static ToolCallPart Arguments { get; } = new(ToolCallPartKind.Arguments);

    public static ToolCallPart Space { get; } = new(ToolCallPartKind.Space) { Text = " " };

    public static ToolCallPart Line { get; } = new(ToolCallPartKind.Space) { Text = "\n" };

    public static ToolCallPart Mark(string text, bool isOptional = false) => new(ToolCallPartKind.Mark) { Text = text, IsOptional = isOptional };

    public static ToolCallPart IdAfter(string mark) => new(ToolCallPartKind.Id) { Text = mark };

    public static ToolCallPart ParametersBetween(ParameterMarks marks) => new(ToolCallPartKind.Parameters) { Marks = marks };

    public static ToolCallPart Object(string arguments = "arguments", bool hasId = false) => new(ToolCallPartKind.Object) { Text = arguments, HasId = hasId };
}

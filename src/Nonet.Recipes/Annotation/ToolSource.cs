using System.Text.Json.Serialization;
using Nonet.Files;
using Nonet.Tensors;
using Nonet.ToolUse;
using Nonet.ToolUse.Annotation;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Indexing;
using Nonet.ToolUse.Tools;

namespace Nonet.Recipes.Annotation;

/// <summary>Choice of texts in which calls of a tool are sampled.</summary>
public enum ChosenTexts
{
    /// <summary>All texts.</summary>
    All,

    /// <summary>Texts with a result among their numbers, "equals" and the like, or three numbers: see <see cref="TextChoice.Calculator"/>.</summary>
    Calculator,

    /// <summary>Texts whose date is known.</summary>
    Calendar,

    /// <summary>Texts with ten foreign words among English ones.</summary>
    Translation,
}

/// <summary>A tool whose calls are annotated. A setting that is null has the paper's value for this tool.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(CalculatorSource), "calculator")]
[JsonDerivedType(typeof(CalendarSource), "calendar")]
[JsonDerivedType(typeof(SearchSource), "search")]
[JsonDerivedType(typeof(QuestionSource), "question")]
[JsonDerivedType(typeof(TranslatorSource), "translation")]
[JsonDerivedType(typeof(HttpSource), "http")]
public abstract record ToolSource
{
    /// <summary>A text file with the prompt, with {text} in place of the text; null: the built-in prompt.</summary>
    [Option("A text file with the prompt, with {text} in place of the text. An empty file lets the model annotate the bare text, which it must have learned. "
        + "Null: the built-in prompt.", Exists = true, Expected = "a text file that exists")]
    public string? Prompt { get; init; }

    /// <summary>Texts in which calls are sampled; null: calculator, calendar or translation for these tools, all for others.</summary>
    [Option("Texts in which calls are sampled: all; calculator (a result among the numbers, \"equals\" and the like, or three numbers: one in a hundred of "
        + "these); calendar (the date is known); translation (ten foreign words among English ones). Null: the choice that suits the tool.")]
    public ChosenTexts? Choose { get; init; }

    /// <summary>τ_s: calls are sampled only where p(mark) exceeds this; null: 0.05, and 0 for calculator and translation.</summary>
    [Option("Calls are sampled only at positions where the probability of the mark exceeds this. Null: 0.05, and 0 for calculator and translation.",
        Least = 0, Below = 1)]
    public double? SampleThreshold { get; init; }

    /// <summary>k: maximum number of positions in a text; null: 5, and 20 for calculator and translation.</summary>
    [Option("Maximum number of positions in a text where calls are sampled. Null: 5, and 20 for calculator and translation.", Least = 1, Most = 1000)]
    public int? Positions { get; init; }

    /// <summary>m: number of calls sampled at each position; null: 5, and 10 for calculator and translation.</summary>
    [Option("Number of calls that are sampled at each position. Null: 5, and 10 for calculator and translation.", Least = 1, Most = 1000)]
    public int? Calls { get; init; }

    /// <summary>τ_f: minimum decrease of the weighted loss for which a call is kept, in nats; null: 1, and 0.5 for calculator and translation.</summary>
    [Option("A call is kept if its result lowers the weighted loss by at least this many nats. Null: 1, and 0.5 for calculator and translation.")]
    public double? Threshold { get; init; }

    /// <summary>Whether a call is dropped if its input appears in the text only after the call; null: only for translation.</summary>
    [Option("Whether to drop a call whose input appears in the text only after the call, where the model cannot see it yet. Null: true for translation.")]
    public bool? ForbidLookAhead { get; init; }

    /// <summary>Opens the tool.</summary>
    /// <param name="device">Device of a tool's model.</param>
    /// <param name="opened">Receives the resources that the caller must dispose of.</param>
    private protected abstract ITool Open(Device device, Stack<IDisposable> opened);

    /// <summary>Whether the model rarely predicts its calls, so that many are sampled.</summary>
    [JsonIgnore]
    private protected virtual bool HasManyCalls => false;

    [JsonIgnore]
    private protected virtual ChosenTexts Chosen => ChosenTexts.All;

    internal AnnotatedTool Open(Device device, Stack<IDisposable> opened, ulong seed)
    {
        var tool = Open(device, opened);
        var prompt = Prompt is { } file ? AnnotationPrompt.Read(file) : AnnotationPrompt.BuiltIn(tool.Name)
            ?? throw new ArgumentException($"the tool {tool.Name} has no built-in prompt; give a file with prompt");
        var paper = new AnnotatedTool(tool, prompt);
        paper = HasManyCalls ? paper.WithManyCalls() : paper;
        return paper with
        {
            Chooses = (Choose ?? Chosen) switch
            {
                ChosenTexts.Calculator => text => TextChoice.Calculator(text, seed: seed),
                ChosenTexts.Calendar => TextChoice.Calendar,
                ChosenTexts.Translation => TextChoice.Translation,
                _ => null,
            },
            SampleThreshold = SampleThreshold ?? paper.SampleThreshold,
            Positions = Positions ?? paper.Positions,
            Calls = Calls ?? paper.Calls,
            Threshold = Threshold ?? paper.Threshold,
            ForbidsLookAhead = ForbidLookAhead ?? this is TranslatorSource,
        };
    }

    internal virtual void Check(string path)
    {
    }
}

/// <summary>The calculator.</summary>
public sealed record CalculatorSource : ToolSource
{
    private protected override bool HasManyCalls => true;
    private protected override ChosenTexts Chosen => ChosenTexts.Calculator;

    private protected override ITool Open(Device device, Stack<IDisposable> opened) => new CalculatorTool();
}

/// <summary>The date of the document.</summary>
public sealed record CalendarSource : ToolSource
{
    private protected override ChosenTexts Chosen => ChosenTexts.Calendar;

    private protected override ITool Open(Device device, Stack<IDisposable> opened) => DocumentDate.Calendar();
}

/// <summary>Search in an index of nonet tools index.</summary>
public sealed record SearchSource : ToolSource
{
    /// <summary>Folder of the index.</summary>
    [Option("Folder of an index made by nonet tools index.", Exists = true, Expected = "the folder of a search index that exists")]
    public required string Index { get; init; }

    private protected override ITool Open(Device device, Stack<IDisposable> opened)
    {
        var index = SearchIndex.Open(Index);
        opened.Push(index);
        return new SearchTool(index);
    }
}

/// <summary>Answers of a model, which reads passages of an index.</summary>
public sealed record QuestionSource : ToolSource
{
    /// <summary>The model that answers.</summary>
    [Option("The model that answers: a folder, a .gguf file, or owner/name of a pulled model.")]
    public required string Model { get; init; }

    /// <summary>Folder of an index to search for passages; null: the model answers from memory.</summary>
    [Option("Folder of an index to search for passages. Null: the model answers from memory.", Exists = true,
        Expected = "the folder of a search index that exists")]
    public string? Index { get; init; }

    private protected override ITool Open(Device device, Stack<IDisposable> opened)
    {
        var model = LanguageModel.Open(Model, device);
        opened.Push(model);
        if (Index is null)
            return new QuestionTool(model);
        var index = SearchIndex.Open(Index);
        opened.Push(index);
        return new QuestionTool(model, index);
    }
}

/// <summary>Translation by an encoder-decoder.</summary>
public sealed record TranslatorSource : ToolSource
{
    /// <summary>The model that translates.</summary>
    [Option("The encoder-decoder that translates: a folder, or owner/name of a pulled model.")]
    public required string Model { get; init; }

    private protected override bool HasManyCalls => true;
    private protected override ChosenTexts Chosen => ChosenTexts.Translation;

    private protected override ITool Open(Device device, Stack<IDisposable> opened)
    {
        var open = new Checkpoints.LoadedModel(Model, device);
        opened.Push(open);
        return new TranslationTool(new Inference.Translator(open.EncoderDecoder, open.LoadTokenizer(), new Inference.TranslatorOptions()));
    }
}

/// <summary>An HTTP endpoint.</summary>
public sealed record HttpSource : ToolSource
{
    /// <summary>The name in a call.</summary>
    [Option("The name in a call: a letter, then letters, digits, '_' or '-'.")]
    public required string Name { get; init; }

    /// <summary>The endpoint.</summary>
    [Option("The endpoint, http or https. No other address is contacted.")]
    public required string Address { get; init; }

    /// <summary>Query parameter of a GET request that takes the input; null: the input is the body of a POST request.</summary>
    [Option("Query parameter of a GET request that takes the input. Null: the input is the body of a POST request.")]
    public string? Parameter { get; init; }

    internal override void Check(string path)
    {
        if (!ToolCall.IsName(Name))
            throw new ArgumentException($"{path}.name is '{Name}'; expected a letter, then letters, digits, '_' or '-'");
        if (Prompt is null)
            throw new ArgumentException($"{path}.prompt: found nothing; expected a file with a prompt, because only the paper's tools have a built-in one");
        if (!Uri.TryCreate(Address, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new ArgumentException($"{path}.address is '{Address}'; expected one that begins with http:// or https://");
    }

    private protected override ITool Open(Device device, Stack<IDisposable> opened)
    {
        var tool = new HttpTool(Name, new Uri(Address), Parameter);
        opened.Push(tool);
        return tool;
    }
}

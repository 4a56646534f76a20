using Nonet.Files;
using Nonet.Inference;
using Nonet.Text;

namespace Nonet.ToolUse.Annotation;

/// <summary>
/// P(x): a task, examples of texts with calls, the text x itself as "Input:", and "Output:". The model then writes x again, with calls. Schick et al. 2023,
/// section 2, figure 3, and appendix A.2. The built-in prompts are Nonet's own.
/// </summary>
public sealed class AnnotationPrompt
{
    /// <summary>Stands for the text in a template.</summary>
    public const string Placeholder = "{text}";

    const int LongestFile = 1 << 20;

    readonly string template;

    /// <param name="template">
    /// The prompt, with <see cref="Placeholder"/> in place of the text. With an empty prompt, the model sees only the text; it must have been trained on texts
    /// with calls.
    /// </param>
    public AnnotationPrompt(string template)
    {
        this.template = template.ReplaceLineEndings("\n").TrimEnd('\n');
        if (this.template.Length > 0 && !this.template.Contains(Placeholder, StringComparison.Ordinal))
            throw new ArgumentException(
                $"the prompt '{Shortened(this.template)}' has no {Placeholder}; expected it where the text stands, or an empty prompt");
    }

    /// <summary>The built-in prompt of one of the paper's tools: Calculator, Calendar, WikiSearch, QA or MT; null for any other name.</summary>
    public static AnnotationPrompt? BuiltIn(string tool)
    {
        using var stream = typeof(AnnotationPrompt).Assembly.GetManifestResourceStream($"Nonet.ToolUse.Annotation.Prompts.{tool}.txt");
        if (stream is null)
            return null;
        using var reader = new StreamReader(stream);
        return new AnnotationPrompt(reader.ReadToEnd());
    }

    /// <summary>Reads a template from a text file.</summary>
    public static AnnotationPrompt Read(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: found no such file; expected a prompt with {Placeholder} where the text stands", path);
        if (new FileInfo(path).Length is > LongestFile and var bytes)
            throw new MalformedFileException(path, $"{bytes} bytes", $"a prompt of at most {LongestFile}");
        try
        {
            return new AnnotationPrompt(File.ReadAllText(path));
        }
        catch (ArgumentException e)
        {
            throw new MalformedFileException(path, e.Message, $"a text with {Placeholder}", e);
        }
    }

    /// <summary>The prompt for a text, up to where the text is written again.</summary>
    public string Write(string text) => template.Replace(Placeholder, text, StringComparison.Ordinal);

    /// <summary>Number of occurrences of the text: those in the prompt, and the one after it.</summary>
    internal int Copies => template.Split(Placeholder).Length;

    /// <summary>Encodes the prompt and, after it, the text that is written again.</summary>
    internal PromptedText Encode(DecodingEngine engine, Tokenizer tokenizer, string text, int[] ids)
    {
        if (template.Length == 0)
            return new PromptedText(engine.Encode(""), ids, ids.Length);
        var parted = !char.IsWhiteSpace(template[^1]);
        var again = new Calls.CallEncoder(tokenizer).Encode(parted ? " " + text : text);
        var shared = 0;
        while (shared < Math.Min(ids.Length, again.Length) && ids[^(shared + 1)] == again[^(shared + 1)])
            shared++;
        return new PromptedText(engine.Encode(Write(text)), again, shared);
    }

    static string Shortened(string text) => text.Length <= 40 ? text : text[..37] + "...";
}

/// <summary>A prompt and the text after it.</summary>
/// <param name="Prompt">The tokens of P(x), with a start token if the model has one.</param>
/// <param name="Text">The tokens of the text after the prompt. The first ones may differ from those of the text alone, for example by a space.</param>
/// <param name="Shared">Number of last tokens that equal those of the text alone.</param>
readonly record struct PromptedText(int[] Prompt, int[] Text, int Shared)
{
    /// <summary>The index in <see cref="Text"/> of token i of the text alone; null if the tokens differ there.</summary>
    public int? PlaceOf(int i, int length) => i == 0 ? 0 : length - i <= Shared ? Text.Length - (length - i) : null;
}

using System.Security.Cryptography;
using System.Text;
using Nonet.Inference.Tools.Formats;
using Nonet.Text.Chat;

namespace Nonet.Inference.Tools;

/// <summary>
/// How a family of models writes calls of tools: blocks of Begin Call (Separator Call)* End. One definition gives the grammar that constrains a call, the
/// reader that finds calls in a stream, and the writer of calls in a conversation.
/// </summary>
public abstract class ToolCallFormat
{
    const int IdLength = 9; // Mistral's templates take no other length

    const string IdCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private protected ToolCallFormat()
    {
    }

    /// <summary>Every format, in the order in which <see cref="Of"/> tries them. The last one is for models that know none of the others.</summary>
    public static IReadOnlyList<ToolCallFormat> All { get; } =
    [
        new MistralArgumentsFormat(), new MistralFormat(), new GraniteFormat(), new DeepSeekFormat(), new DeepSeekArgumentsFormat(), new QwenCoderFormat(),
        new GlmFormat(), new HermesFormat(), new LlamaFormat(), new PlainFormat(),
    ];

    /// <summary>Name of the format, such as hermes.</summary>
    public abstract string Name { get; }

    internal abstract IReadOnlyList<ToolCallPart> Begin { get; }

    internal abstract IReadOnlyList<ToolCallPart> Call { get; }

    /// <summary>What stands between calls of one block; null: a block has one call.</summary>
    internal virtual IReadOnlyList<ToolCallPart>? Separator => null;

    internal virtual IReadOnlyList<ToolCallPart> End => [];

    /// <summary>Whether a block may follow a block.</summary>
    internal virtual bool Repeats => false;

    /// <summary>Whether calls stand only at the beginning of a reply, in place of any text. They then need no mark.</summary>
    internal virtual bool OnlyAtStart => false;

    /// <summary>The text that begins a block; null: <see cref="OnlyAtStart"/>.</summary>
    internal string? Trigger => OnlyAtStart ? null : Begin[0].Text;

    /// <summary>Whether a model with this chat template writes its calls in this format.</summary>
    internal abstract bool IsOf(ChatTemplate template);

    /// <summary>The format in which a model with this chat template writes calls; null stands for a model without one.</summary>
    public static ToolCallFormat Of(ChatTemplate? template) => template is null ? All[^1] : All.First(format => format.IsOf(template));

    /// <summary>Calls as a model writes them.</summary>
    public string Write(IReadOnlyList<ChatToolCall> calls)
    {
        var text = new StringBuilder();
        for (var i = 0; i < calls.Count; i++)
        {
            var (begins, ends) = (i == 0 || Separator is null, i == calls.Count - 1 || Separator is null);
            if (i > 0 && Repeats)
                text.Append('\n');
            foreach (var part in (ToolCallPart[])[.. begins ? Begin : Separator!, .. Call, .. ends ? End : []])
                ToolCallWriter.Append(text, part, calls[i]);
        }
        return text.ToString();
    }

    /// <summary>Takes a whole reply apart into its text and its calls. What looks like a call but is none stays text.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="tools">
    /// The tools that it may call: where a format writes texts without quotes, their schemas tell a text from a number. Null: what can be read as JSON is.
    /// </param>
    public (string Text, IReadOnlyList<ChatToolCall> Calls) Read(string reply, IReadOnlyList<ChatTool>? tools = null)
    {
        var reader = new ReplyReader(this, Thinking.None, tools);
        var (text, calls) = (new StringBuilder(), new List<ChatToolCall>());
        foreach (var piece in reader.Add(reply).Concat(reader.Finish()))
        {
            text.Append(piece.Text);
            if (piece.Call is not null)
                calls.Add(piece.Call);
        }
        return (text.Append(reader.Incomplete).ToString(), calls);
    }

    /// <summary>An id for a call that came without one: nine letters and digits.</summary>
    public static string CreateId() => RandomNumberGenerator.GetString(IdCharacters, IdLength);

    /// <summary>An id as the templates of this format take it.</summary>
    internal virtual string IdFor(string id) => id;

    /// <summary>Nine letters and digits in place of an id of another form, the same ones every time.</summary>
    private protected static string ShortId(string id)
    {
        if (id.Length == IdLength && id.All(char.IsAsciiLetterOrDigit))
            return id;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(id));
        return string.Create(IdLength, hash, static (text, hash) =>
        {
            for (var i = 0; i < text.Length; i++)
                text[i] = IdCharacters[hash[i] % IdCharacters.Length];
        });
    }

    /// <summary>Refuses tools that cannot be called by their name.</summary>
    internal static void Check(IReadOnlyList<ChatTool> tools)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tool in tools)
        {
            if (tool.Name.Length == 0 || tool.Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.' or ':' or '/')))
                throw new ArgumentException($"a tool is named '{tool.Name}'; expected letters, digits, and _ - . : /");
            if (!names.Add(tool.Name))
                throw new ArgumentException($"two tools are named {tool.Name}; expected another name for one of them");
        }
    }
}

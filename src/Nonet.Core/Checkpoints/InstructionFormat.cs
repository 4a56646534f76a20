using Nonet.Data.Instructions;
using Nonet.Models.EncoderDecoders;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Checkpoints;

/// <summary>How a model reads conversations and prompts: its tokenizer, its chat template, and the tokens that end an answer.</summary>
public sealed class InstructionFormat
{
    const string PlainName = "plain", OffName = "off";

    readonly ModelFile file;
    readonly string? source;

    /// <param name="file">The model.</param>
    /// <param name="template">
    /// Chat template to use instead of the model's: <c>off</c>, for none, <c>plain</c>, for <see cref="ChatTemplate.Plain"/>, or the path of
    /// a Jinja file. Null: the model's own, if it has one.
    /// </param>
    /// <exception cref="FileNotFoundException">There is no such template, or the model has no tokenizer.</exception>
    public InstructionFormat(ModelFile file, string? template = null)
    {
        this.file = file;
        Tokenizer = file.LoadTokenizer();
        if (template is null)
            Template = ChatTemplate.Load(file.Location);
        else if (template != OffName)
        {
            source = template == PlainName ? ChatTemplate.Plain : File.Exists(template) ? File.ReadAllText(template)
                : throw new FileNotFoundException($"{template}: found no such file; expected a chat template in Jinja, {PlainName} or {OffName}", template);
            Template = ChatTemplate.Parse(source, Marks(), template == PlainName ? "the plain chat template" : template);
        }
        Encoder = new InstructionEncoder(Tokenizer, Template, HasEncoder);
    }

    /// <summary>Tokenizer of the model.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Layout of conversations; null: the model has none.</summary>
    public ChatTemplate? Template { get; }

    /// <summary>Whether the model is an encoder-decoder.</summary>
    public bool HasEncoder => file.Config is T5Config or TransformerConfig;

    /// <summary>Encodes examples.</summary>
    public InstructionEncoder Encoder { get; }

    /// <summary>Settings to save with the tuned model: its own, with the chat template and the tokens that end the answers of some examples.</summary>
    /// <param name="ends">Ids after which an answer ends: see <see cref="EndsOf"/>.</param>
    public ModelSettings SettingsFor(IEnumerable<int> ends) => file.Settings.WithChat(source, ends);

    /// <summary>
    /// The same for an aligned model. Null if neither the model nor the run has a chat template; the settings then follow from the tokenizer.
    /// </summary>
    public ModelSettings? SettingsIfChat(IEnumerable<int> ends) => Template is null && file.Settings.ChatTemplates.Count == 0 ? null : SettingsFor(ends);

    /// <summary>Special tokens with which the last answers of examples end. The tuned model stops at them.</summary>
    public IReadOnlyList<int> EndsOf(IEnumerable<SupervisedTokens> examples) =>
        [.. examples.Select(e => Array.FindLastIndex(e.Supervised, s => s) is >= 0 and var last ? e.Ids[last] : -1)
            .Where(id => id >= 0 && Tokenizer.IsSpecial(id)).Distinct().Order()];

    Dictionary<string, string> Marks()
    {
        var marks = new Dictionary<string, string>(StringComparer.Ordinal);
        Add("bos_token", file.Settings.BeginToken);
        Add("eos_token", Tokenizer.HasEndOfText ? Tokenizer.EndOfText : null);
        return marks;

        void Add(string name, int? id)
        {
            if (id is { } known && known < Tokenizer.Vocab && Tokenizer.TokenOf(known) is { } text)
                marks[name] = text;
        }
    }
}

using System.CommandLine;
using Nonet.Checkpoints;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Cli;

/// <summary>The options of the decoding engine.</summary>
sealed class EngineFlags
{
    static readonly DType[] cacheTypes = [DType.F32, DType.F16, DType.Q8_0];

    readonly Option<string?> type =
        new("--kv-type") { Description = "Type of the cached keys and values: F32, F16 (half the memory) or Q8_0 (a quarter).", HelpName = "TYPE" };
    readonly Option<int?> tokens =
        Flags.Whole("--kv-tokens", "Maximum number of tokens whose keys and values are kept; default: four contexts, or what fits in a quarter of the memory.",
            1);
    readonly Option<string?> draft =
        new("--draft") { Description = "A small model with the same vocabulary that drafts tokens; the text stays the same.", HelpName = "MODEL" };
    readonly Option<bool> lookup = new("--lookup") { Description = "Draft tokens that followed the same words earlier in the text; the text stays the same." };

    public EngineFlags()
    {
        type.AcceptOnlyFromAmong([.. cacheTypes.Select(t => t.ToString())]);
        lookup.Validators.Add(result =>
        {
            if (!result.Implicit && result.GetResult(draft) is { Implicit: false })
                result.AddError("--lookup and --draft exclude each other; expected one source of drafts");
        });
    }

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { type, tokens, draft, lookup })
            command.Add(option);
    }

    /// <summary>Opens the model of --draft; null if none is given. Throws if its vocabulary differs.</summary>
    public LoadedModel? OpenDraft(ParseResult parsed, Terminal terminal, LoadedModel model, Tokenizer tokenizer)
    {
        if (parsed.GetValue(draft) is not { } path)
            return null;
        if (model.Model is not ICausalModel)
            throw new UsageException(
                $"--draft: {model.FolderPath} is a {model.Config.Family}, which does not continue text; drafts are for decoders");
        var open = terminal.Open(path, model.Device);
        try
        {
            _ = open.Decoder;
            open.LoadTokenizer().RequireSameTokens(tokenizer, open.FolderPath, model.FolderPath);
            return open;
        }
        catch
        {
            open.Dispose();
            throw;
        }
    }

    public EngineOptions Read(ParseResult parsed, LoadedModel? draftModel) => new()
    {
        CacheType = parsed.GetValue(type) is { } name ? Enum.Parse<DType>(name) : null,
        CacheTokens = parsed.GetValue(tokens),
        Draft = draftModel?.Decoder,
        DraftsByLookup = parsed.GetValue(lookup),
    };
}

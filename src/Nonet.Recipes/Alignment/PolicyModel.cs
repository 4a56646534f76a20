using Nonet.Alignment;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Adapters;
using Nonet.Models;
using Nonet.Recipes.FineTuning;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Recipes.Alignment;

/// <summary>
/// A policy that is trained, and its reference, the frozen model that it starts from. With an adapter, both share their weights, and the reference is the
/// policy with the adapter off. Otherwise the reference maps the initial weights a second time.
/// </summary>
sealed class PolicyModel : IDisposable
{
    readonly ParameterStore? frozen;
    readonly InstructionFormat format;
    readonly ICausalModel reference;

    public PolicyModel(string from, string? template, LoraOptions? lora, Device device)
    {
        var path = ModelPath.Resolve(from);
        if (BaseModel.IsIn(path))
            throw new NotSupportedException($"from: {from} is a run that trained an adapter; merge it first: nonet merge MODEL {from} OUT, and start from OUT");
        var folder = StartModel.Open(from);
        format = new InstructionFormat(ModelFile.Open(from), template);
        (Config, Tokenizer, Start, Path) = (folder.Config, format.Tokenizer, folder.Weights, path);
        if (Tokenizer.Vocab > Config.Vocab)
            throw new ArgumentException($"from: {from} has a tokenizer of {Tokenizer.Vocab} ids and a model of {Config.Vocab}: they do not belong together");
        Parameters = new ParameterStore(device);
        Model = Config.Create(Parameters.Root) as ICausalModel
            ?? throw new NotSupportedException($"from: {from}: found a {Config.Family}, which does not continue text; expected a decoder, such as gpt2");
        Layout = new PromptLayout(Tokenizer, format.Template);
        StopTokens = GenerationDefaults.Read(path).EndTokens;
        if (lora is not null)
        {
            Adapter = PeftAdapter.Attach(Model, lora.Rank, lora.Alpha, lora.Projections);
            Adapter.Base = BaseModel.Of(from, path, folder.Tensors);
            reference = Model;
            return;
        }
        frozen = new ParameterStore(device);
        reference = (ICausalModel)Config.Create(frozen.Root);
        frozen.FillForInference(folder.Weights);
    }

    /// <summary>Command that tries a policy: chat if it has a chat template, otherwise generate.</summary>
    public static string NextFor(string from, string? template) =>
        new InstructionFormat(ModelFile.Open(from), template).Template is null ? "nonet generate RUN TEXT" : "nonet chat RUN";

    /// <summary>The policy. A <see cref="TrainingRun"/> fills it.</summary>
    public ICausalModel Model { get; }

    public ModelConfig Config { get; }
    public Tokenizer Tokenizer { get; }
    public PromptLayout Layout { get; }
    public ParameterStore Parameters { get; }

    /// <summary>Initial weights of the policy.</summary>
    public IWeightSource Start { get; }

    /// <summary>Folder of the initial weights.</summary>
    public string Path { get; }

    /// <summary>Chat templates and end tokens that are saved with the policy; null: those that follow from the tokenizer.</summary>
    public ModelSettings? Settings => format.SettingsIfChat(Layout.EndTokens);

    /// <summary>Tokens that end a text, besides the tokenizer's.</summary>
    public IReadOnlyList<int> StopTokens { get; }

    /// <summary>Adapter that is trained; null: all weights are.</summary>
    public PeftAdapter? Adapter { get; }

    /// <summary>ln π_ref of responses.</summary>
    public double[][] Reference(IReadOnlyList<(int[] Prompt, int[] Response)> items, double temperature, CancellationToken stopping)
    {
        if (Adapter is null)
            return Policy.Evaluate(reference, items, temperature, stopping: stopping);
        using var off = Adapter.Off();
        return Policy.Evaluate(reference, items, temperature, stopping: stopping);
    }

    /// <summary>Reports how prompts are laid out, if there is a chat template.</summary>
    public void Notify(TrainingRun run)
    {
        if (LayoutNotices.Of(Layout) is { } notice)
            run.Notify("template", notice);
    }

    public void Dispose()
    {
        Adapter?.Dispose();
        Parameters.Dispose();
        frozen?.Dispose();
    }
}

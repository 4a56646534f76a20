using System.Globalization;
using Nonet.Checkpoints.Adapters;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Encoders;
using Nonet.Models.Layers;
using Nonet.Tensors;
using Nonet.Tensors.Quantization;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Checkpoints;

/// <summary>A model opened from a folder or file, with mapped weights. Keep this object as long as the model is used.</summary>
public sealed class LoadedModel : IDisposable
{
    readonly string? tuned; // checkpoint that the adapter is from

    /// <param name="path">
    /// A Hugging Face folder, a .gguf file, a .bin file of llama2.c, or a run folder (its best checkpoint, otherwise its last).
    /// </param>
    /// <param name="device">Device that computes. It must outlive this object.</param>
    /// <param name="adapter">
    /// Folder with a LoRA adapter in PEFT's format, or a run that trained one. Null: the adapter of the run, if the path is a run that
    /// trained one.
    /// </param>
    /// <param name="prepare">
    /// Whether to pack quantised matrices for the device now, which takes their size in memory. Otherwise the first product with each
    /// matrix packs it.
    /// </param>
    /// <exception cref="IOException">A file is missing or cannot be read. The message names it.</exception>
    /// <exception cref="MalformedFileException">A file is damaged. The message names the file and the field.</exception>
    /// <exception cref="InsufficientMemoryException">The weights are larger than the memory. The message has both figures.</exception>
    /// <exception cref="NotSupportedException">The kind of model is not supported. The message lists the supported kinds.</exception>
    public LoadedModel(string path, Device device, string? adapter = null, bool prepare = true)
    {
        File = ModelFile.Open(path);
        RequireMemory(File.Location, File.Tensors.Tensors.Values.Sum(t => t.Bytes), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        if (adapter is not null && File.AdapterPath is not null)
            throw new ArgumentException(
                $"{path} has an adapter already, and {adapter} cannot be added to it; merge the first one: nonet merge MODEL ADAPTER OUT", nameof(adapter));
        adapter = adapter is null ? File.AdapterPath : ModelPath.ResolveAdapter(adapter);
        if (adapter is not null && Path.GetDirectoryName(Path.GetFullPath(adapter)) is { } checkpoint && BaseModel.IsIn(checkpoint))
            tuned = checkpoint;
        var parameters = new ParameterStore(device);
        try
        {
            Config = adapter is null ? File.Config : PeftAdapter.ConfigOf(adapter, File.StoredConfig);
            Model = Config.Create(parameters.Root);
            parameters.FillForInference(adapter is null ? File.Weights : PeftAdapter.WeightsOn(adapter, Config, File.StoredConfig, File.Weights));
            if (prepare)
                PrepareMatrices(parameters);
            if (adapter is null)
                return;
            Adapter = PeftAdapter.Load(adapter, Model, Config);
            Adapter.KeepOriginals(PeftAdapter.WeightsUnder(Config, File.StoredConfig, File.Weights));
        }
        catch (Exception e)
        {
            parameters.Dispose();
            if (e is InvalidDataException) // a parameter that both of them lack
                throw new InvalidDataException($"{(adapter is null ? path : $"{adapter} on {path}")}: {e.Message}", e);
            throw;
        }
    }

    /// <summary>
    /// Throws if the weights are larger than the memory of this process, because they would be read from the disk for every token. Quantised matrices
    /// are copied in the order of the device, and their pages in the file are not read again.
    /// </summary>
    internal static void RequireMemory(string path, long bytes, long available)
    {
        if (bytes > available)
            throw new InsufficientMemoryException(string.Create(CultureInfo.InvariantCulture,
                $"{path}: its weights take {bytes >> 20:N0} MB, and {available >> 20:N0} MB of memory are available to this process; take a smaller model, or "
                + $"a smaller type of weights: nonet quantize IN OUT Q4_K_M"));
    }

    /// <summary>Packs the quantised matrices for the device now, instead of at the first token. This also finds damaged blocks.</summary>
    void PrepareMatrices(ParameterStore parameters)
    {
        Parameter[] matrices =
            [.. parameters.Parameters.Where(p =>
            p.Value.DType.IsQuantized() && (p.Role is ParameterRole.Matrix or ParameterRole.Head || p.Layer is Embedding { Projects: true }))];
        foreach (var p in matrices)
        {
            try
            {
                parameters.Device.Prepare(p.Value);
            }
            catch (CorruptBlockException e)
            {
                throw new MalformedFileException(FolderPath,
                    $"parameter {p}, in {e.Type}, whose block {e.Block} of row {e.Row} has a scale that is infinite or a NaN",
                    "finite scales; is the file damaged?", e);
            }
        }
    }

    /// <summary>The files of the model.</summary>
    public ModelFile File { get; }

    /// <summary>Folder or file that was opened.</summary>
    public string FolderPath => File.Location;

    /// <summary>Shape of the model, with the head of its adapter.</summary>
    public ModelConfig Config { get; }

    /// <summary>An <see cref="ICausalModel"/>, an <see cref="IMaskedModel"/>, an <see cref="ITaskModel"/> or an <see cref="IEncoderDecoder"/>.</summary>
    public ILanguageModel Model { get; }

    /// <summary>The model as a decoder. Throws if it is not a decoder.</summary>
    public ICausalModel Decoder =>
        Model as ICausalModel
        ?? throw new NotSupportedException($"{FolderPath}: found a {Config.Family}, which does not continue text; expected a decoder, such as gpt2 or llama");

    /// <summary>The model as an encoder. Throws if it is not an encoder.</summary>
    public Bert Encoder =>
        Model as Bert ?? throw new NotSupportedException(
        $"{FolderPath}: found a {Config.Family}, which is not bidirectional; expected an encoder: bert or roberta");

    /// <summary>
    /// The model without its output layer, for vectors of texts: an encoder, or a decoder up to its last norm. Throws for an encoder-decoder.
    /// </summary>
    internal ITaskModel Trunk =>
        Model as ITaskModel ?? (Model is ICausalModel decoder ? new DecoderTrunk(decoder, Config) : throw new NotSupportedException(
        $"{FolderPath}: found a {Config.Family}, an encoder-decoder; expected an encoder or a decoder, such as bert or qwen3"));

    /// <summary>The model with the output layer of a task. Throws if it has none.</summary>
    public ITaskModel Task =>
        Model as ITaskModel ?? throw new NotSupportedException(
        $"{FolderPath}: found a {Config.Family} of the class {Families.CheckpointFamily.Of(Config).ArchitectureOf(Config)}, which has no output layer of a "
        + $"task; "
        + "expected an encoder, or a decoder that was fine-tuned on a task (classify, regress, tag, answer, choose)");

    /// <summary>The model as an encoder-decoder. Throws if it is not an encoder-decoder.</summary>
    public IEncoderDecoder EncoderDecoder =>
        Model as IEncoderDecoder
        ?? throw new NotSupportedException(
        $"{FolderPath}: found a {Config.Family}, which does not translate; expected an encoder-decoder, such as marian or t5");

    /// <summary>Adapter of the model; null: none.</summary>
    public PeftAdapter? Adapter { get; }

    /// <summary>Device that computes.</summary>
    public Device Device => Model.Parameters.Device;

    /// <summary>Whether the folder or file has a tokenizer.</summary>
    public bool HasTokenizer => File.HasTokenizer;

    /// <summary>Loads the tokenizer in the folder or file. Throws if there is none.</summary>
    public Tokenizer LoadTokenizer() => File.LoadTokenizer();

    /// <summary>Begin and end tokens, generation settings and chat templates; those of the run that trained the adapter take precedence.</summary>
    public ModelSettings Settings => tuned is null || tuned == File.Location ? File.Settings : File.Settings.Over(tuned);

    /// <summary>Loads the chat template of the run that trained the adapter, or that of the model; null if there is none.</summary>
    public ChatTemplate? LoadChatTemplate() => (tuned is null ? null : ChatTemplate.Load(tuned)) ?? ChatTemplate.Load(FolderPath);

    /// <summary>Closes the mapped weights.</summary>
    public void Dispose()
    {
        Adapter?.Dispose();
        Model.Parameters.Dispose();
    }
}

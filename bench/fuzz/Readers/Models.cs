using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Adapters;
using Nonet.Fuzz.Making;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;

namespace Nonet.Fuzz.Readers;

/// <summary>A folder with config.json, weights and generation_config.json, opened as a command opens it.</summary>
sealed class ModelFolder : Reader
{
    public override string Name => "config.json with weights";

    public override int Share => 10;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var files = SoundModels.Folders[dice.Below(SoundModels.Folders.Count)];
        foreach (var (name, content) in files)
            Write(folder, name,
                sound ? content : name == "config.json" ? JsonPart.Parse(content).Damaged(dice) : dice.OneIn(8) ? Safetensors.Damaged(content, dice) : content);
        return () =>
        {
            using var device = new CpuDevice(1);
            using var open = new LoadedModel(folder, device);
        };
    }
}

/// <summary>generation_config.json beside a sound config.json.</summary>
sealed class GenerationConfig : Reader
{
    const string Seed = """{"bos_token_id": 1, "eos_token_id": [2, 7], "do_sample": true, "temperature": 0.6, "top_k": 40, "top_p": 0.9, "min_p": 0.05, "repetition_penalty": 1.1, "max_length": 4096, "transformers_version": "4.40.0"}""";

    public override string Name => "generation_config.json";

    public override int Share => 2;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        Write(folder, "config.json", SoundModels.Folders[0]["config.json"]);
        Write(folder, "generation_config.json", sound ? SoundModels.Utf8(Seed) : JsonPart.Parse(Seed).Damaged(dice));
        return () => GenerationDefaults.Read(folder);
    }
}

/// <summary>A LoRA adapter of PEFT on a sound model: its config, patterns and tensors damaged.</summary>
sealed class Adapters : Reader
{
    static readonly ModelConfig[] bases = [SoundModels.Llama, SoundModels.Gpt, SoundModels.Bert, SoundModels.All[8], SoundModels.All[13]];

    static readonly Lazy<(IReadOnlyDictionary<string, byte[]> Base, Dictionary<string, byte[]> Adapter)[]> seeds =
        new(() => [.. bases.Select(config => (SoundModels.Folders[Array.IndexOf(SoundModels.All, config)], SoundModels.Made(folder =>
    {
        using var store = new ParameterStore(SoundModels.Device);
        var model = config.Create(store.Root);
        store.FillForTraining(1);
        using var adapter = PeftAdapter.Attach(model, 2, 4);
        adapter.Save(folder, config, "base");
    })))]);

    public override string Name => "PEFT adapters";

    public override int Share => 6;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var (model, adapter) = seeds.Value[dice.Below(seeds.Value.Length)];
        var (below, above) = (Directory.CreateDirectory(Path.Combine(folder, "base")).FullName,
            Directory.CreateDirectory(Path.Combine(folder, "adapter")).FullName);
        foreach (var (name, content) in model)
            Write(below, name, content);
        var which = sound ? "" : dice.Of<string>(["adapter_config.json", "adapter_config.json", "adapter_model.safetensors", .. adapter.Keys]);
        foreach (var (name, content) in adapter)
            Write(above, name,
                name != which ? content : name.EndsWith(".json", StringComparison.Ordinal) ? Config(content, dice) : Safetensors.Damaged(content, dice));
        return () =>
        {
            using var device = new CpuDevice(1);
            using var open = new LoadedModel(below, device, adapter: above);
        };
    }

    static byte[] Config(byte[] seed, Dice dice)
    {
        var json = JsonNode.Parse(seed)!.AsObject();
        if (json.ContainsKey("alpha_pattern") && dice.OneIn(2))
            json[dice.Of("alpha_pattern", "rank_pattern")] =
                new JsonObject { [dice.Of("(a+)+$", "q_proj", "(", ".*", "^(x|xx)*$", dice.Text())] = dice.Below(9), ["(.*.*.*)*z"] = 3 };
        return JsonPart.Parse(json.ToJsonString()).Damaged(dice);
    }
}

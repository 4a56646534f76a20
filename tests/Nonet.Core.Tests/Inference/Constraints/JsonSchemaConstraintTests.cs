using System.Globalization;
using System.Text.Json;
using Nonet.Inference.Constraints;
using Nonet.Inference.Constraints.Json;

namespace Nonet.Tests.Inference.Constraints;

public class JsonSchemaConstraintTests
{
    static ITokenConstraint Schema(string schema) => ConstrainedText.Schema(schema);

    [Theory]
    [InlineData("""{"type":["integer","null"]}""", new[] { "null", "0", "-12" }, new[] { "1.5", "01", "1e2", "true", "\"1\"" })]
    [InlineData("""{"type":"number"}""", new[] { "1", "-0.5", "1E+9", "0" }, new[] { ".5", "1.", "+1", "NaN" })]
    [InlineData("""{"type":"string","minLength":2,"maxLength":3}""", new[] { "\"ab\"", "\"🎉日é\"", "\"\\u00e9x\"", "\"\\ud83c\\udf89x\"" },
        new[] { "\"a\"", "\"abcd\"", "\"\\ud83cx\"", "\"a\nb\"" })]
    [InlineData("""{"type":"string","pattern":"^[a-z]+$"}""", new[] { "\"abc\"" }, new[] { "\"\"", "\"aB\"", "\"\\u0061\"" })]
    [InlineData("""{"type":"string","pattern":"o\"\\\\"}""", new[] { "\"foo\\\"\\\\x\"", "\"o\\u0022\\u005C\"" }, new[] { "\"foo\"", "\"o\\\"x\"" })]
    [InlineData("""{"enum":["a\"b",1,null,[1,{"x":true}]]}""", new[] { "\"a\\\"b\"", "1", "null", "[ 1 , {\"x\": true} ]" }, new[] { "2", "[1]", "true" })]
    [InlineData("""{"const":"é\u0001"}""", new[] { "\"é\\u0001\"" }, new[] { "\"é\"" })]
    [InlineData("""{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":3}""", new[] { "[1]", "[1,2, 3]" },
        new[] { "[]", "[1,2,3,4]", "[1,]", "[\"a\"]" })]
    [InlineData("""{"prefixItems":[{"const":1},{"type":"string"}],"items":{"type":"null"},"type":"array"}""", new[] { "[]", "[1]", "[1,\"x\",null,null]" },
        new[] { "[2]", "[1,\"x\",1]" })]
    [InlineData("""{"prefixItems":[{"const":1}],"items":false,"type":"array","minItems":1}""", new[] { "[1]" }, new[] { "[]", "[1,1]" })]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["b"],"additionalProperties":false}""",
        new[] { """{"b":"x"}""", """{"a":1,"b":""}""", """{ "a" : 1 , "b" : "x" }""" },
        new[] { "{}", """{"a":1}""", """{"b":"x","c":1}""", """{"b":"x","b":"y"}""" })]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":{"type":"string"}}""",
        new[] { "{}", """{"x":"y","z":""}""", """{"a":1,"ab":"x"}""" }, new[] { """{"x":1}""", """{"a":"x"}""", """{"\u0061":"x"}""" })]
    [InlineData("""{"type":"object","patternProperties":{"^n_":{"type":"integer"},"_s$":{"type":["string","integer"]}},"additionalProperties":false}""",
        new[] { """{"n_a":1,"b_s":"x"}""", """{"n_s":3}""" }, new[] { """{"n_a":"x"}""", """{"n_s":"x"}""", """{"c":1}""" })]
    [InlineData("""{"type":"object","propertyNames":{"pattern":"^[a-c]$"},"minProperties":1,"maxProperties":2}""",
        new[] { """{"a":1}""", """{"a":1,"b":[]}""" }, new[] { "{}", """{"d":1}""", """{"a":1,"b":1,"c":1}""" })]
    [InlineData("""{"anyOf":[{"type":"integer","minimum":5},{"type":"string"}]}""", new[] { "5", "\"x\"" }, new[] { "4", "null" })]
    [InlineData("""{"oneOf":[{"type":"object","properties":{"t":{"const":"a"},"v":{"type":"integer"}},"required":["t"]},{"type":"object","properties":{"t":{"const":"b"}},"required":["t","w"]}]}""",
        new[] { """{"t":"a","v":1}""", """{"t":"b","w":0}""" }, new[] { """{"t":"a","v":"x"}""", """{"t":"b"}""" })]
    [InlineData("""{"allOf":[{"type":"object","properties":{"a":{"minimum":3}}},{"properties":{"a":{"maximum":4}},"required":["a"]}]}""",
        new[] { """{"a":3}""", """{"a":4.0}""" }, new[] { """{"a":5}""", "{}" })]
    [InlineData("""{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","properties":{"v":{"type":"integer"},"kids":{"type":"array","items":{"$ref":"#/$defs/tree"}}},"required":["v"],"additionalProperties":false}}}""",
        new[] { """{"v":1,"kids":[{"v":2,"kids":[]},{"v":3}]}""" }, new[] { """{"v":1,"kids":[{}]}""" })]
    [InlineData("""{"not":{"type":["object","array","number"]},"type":["string","number","object"]}""", new[] { "\"x\"" }, new[] { "1", "{}" })]
    [InlineData("""{"type":"string","not":{"enum":["a","bc"]}}""", new[] { "\"b\"", "\"abc\"" }, new[] { "\"a\"", "\"bc\"", "\"\\u0061\"" })]
    [InlineData("""{"type":"string","format":"date"}""", new[] { "\"2024-02-29\"", "\"2000-02-29\"" },
        new[] { "\"2023-02-29\"", "\"1900-02-29\"", "\"2024-04-31\"", "\"2024-13-01\"" })]
    [InlineData("""{"type":"string","format":"date-time"}""", new[] { "\"2024-02-29T23:59:59.5+01:00\"" },
        new[] { "\"2024-02-29 23:59:59Z\"", "\"2024-02-29T24:00:00Z\"" })]
    [InlineData("""{"type":"string","format":"uuid"}""", new[] { "\"2eb8aa08-aa98-11ea-b4aa-73b441d16380\"" },
        new[] { "\"2eb8aa08aa9811eab4aa73b441d16380\"" })]
    [InlineData("""{"type":"string","format":"ipv6"}""", new[] { "\"::1\"", "\"1:2:3:4:5:6:7:8\"", "\"::ffff:1.2.3.4\"" },
        new[] { "\"1:2\"", "\"1::2::3\"", "\"12345::\"" })]
    [InlineData("""{"type":"string","format":"email","maxLength":8}""", new[] { "\"a.b@c.de\"" }, new[] { "\"a@\"", "\"abc.d@ef.gh\"", "\"a b@c\"" })]
    [InlineData("""{"type":"string","format":"uri"}""", new[] { "\"https://a.b:8/c?d=e#f\"", "\"urn:x:y\"" },
        new[] { "\"//a.b\"", "\"a b:c\"", "\"http://[::1\"" })]
    [InlineData("""{"$schema":"http://json-schema.org/draft-04/schema#","type":"number","minimum":1,"exclusiveMinimum":true}""", new[] { "1.01", "2" },
        new[] { "1", "1.0", "0" })]
    [InlineData("true", new[] { "1", "[null]", """{"x":{"y":[]}}""" }, new[] { "", "x", "[" })]
    public void Texts_of_valid_values_are_accepted(string schema, string[] accepted, string[] rejected)
    {
        var constraint = Schema(schema);
        Assert.All(accepted, text => Assert.True(constraint.Accepts(text), text));
        Assert.All(rejected, text => Assert.False(constraint.Accepts(text), text));
    }

    /// <summary>Every number of a grid against every range with the grid's ends.</summary>
    [Fact]
    public void Ranges_of_numbers_are_exact()
    {
        string[] ends = ["-120.5", "-20", "-3.25", "-1", "0", "0.05", "0.5", "1", "9", "10", "19.99", "100", "123.456", "1e3"];
        var values = new[] { "-1000", "-120.51", "-120.5", "-120.49", "-99", "-21", "-20", "-20.0", "-3.251", "-3.25", "-3.2", "-1.01", "-1", "-0.5", "-0", "0",
            "0.0", "0.04", "0.05", "0.050", "0.0501", "0.4999", "0.5", "0.51", "0.99", "1", "1.000", "1.001", "8.99", "9", "9.5", "10", "10.01", "19", "19.98",
            "19.99", "19.991", "20", "99", "100", "101", "123.45", "123.456", "123.4561", "999", "999.9", "1000", "1000.1", "2000" };
        static decimal D(string text) => decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        foreach (var low in ends.Prepend(""))
        {
            foreach (var high in ends.Append("").Where(h => h == "" || low == "" || D(h) > D(low)))
            {
                for (var kind = 0; kind < 4; kind++)
                {
                    var (openLow, openHigh) = ((kind & 1) != 0, (kind & 2) != 0);
                    var schema = $$"""{"type":"number"{{(low == "" ? "" : $",\"{(openLow ? "exclusiveMinimum" : "minimum")}\":{low}")}}{{(high == "" ? "" : $",\"{(openHigh ? "exclusiveMaximum" : "maximum")}\":{high}")}}}""";
                    var constraint = Schema(schema);
                    foreach (var value in values)
                    {
                        var valid = (low == "" || (openLow ? D(value) > D(low) : D(value) >= D(low)))
                            && (high == "" || (openHigh ? D(value) < D(high) : D(value) <= D(high)));
                        Assert.True(valid == constraint.Accepts(value), $"{value} in {schema}");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("7", "integer", new[] { "0", "-7", "49", "1000000000000000006" }, new[] { "1", "8", "7.0" })] // 10^18 + 6
    [InlineData("0.01", "number", new[] { "1.25", "3", "-0.10", "2.000" }, new[] { "1.255", "0.001" })]
    [InlineData("2.5", "number", new[] { "5", "7.5", "-2.50" }, new[] { "2", "5.5" })]
    public void Multiples_are_counted_digit_by_digit(string divisor, string type, string[] accepted, string[] rejected)
    {
        var constraint = Schema($$"""{"type":"{{type}}","multipleOf":{{divisor}}}""");
        Assert.All(accepted, text =>
            Assert.True(constraint.Accepts(text)
            == (decimal.Parse(text, CultureInfo.InvariantCulture) % decimal.Parse(divisor, CultureInfo.InvariantCulture) == 0), text));
        Assert.All(rejected, text => Assert.False(constraint.Accepts(text), text));
    }

    [Theory]
    [InlineData("""{"type":"array","uniqueItems":true}""", "schema #: uniqueItems cannot be enforced")]
    [InlineData("""{"properties":{"a":{"contains":{}}}}""", "schema #/properties/a: contains cannot be enforced")]
    [InlineData("""{"if":{},"then":{}}""", "if cannot be enforced")]
    [InlineData("""{"dependentRequired":{"a":["b"]}}""", "dependentRequired cannot be enforced")]
    [InlineData("""{"unevaluatedProperties":false}""", "unevaluatedProperties cannot be enforced")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"minimum":2}]}""", "oneOf cannot be enforced: its members 0 and 1")]
    [InlineData("""{"not":{"minimum":3}}""", "not cannot be enforced")]
    [InlineData("""{"format":"telephone"}""", "format cannot be enforced: telephone is not one of date, time")]
    [InlineData("""{"pattern":"(?=a)"}""", "look-ahead")]
    [InlineData("""{"maxlength":3}""", "maxlength cannot be enforced: it is no keyword")]
    [InlineData("""{"$ref":"https://example.com/x.json"}""", "$ref cannot be enforced: https://example.com/x.json lies outside")]
    [InlineData("""{"$dynamicRef":"#x"}""", "$dynamicRef cannot be enforced")]
    public void Keywords_that_cannot_be_enforced_are_refused_by_name_and_place(string schema, string message) =>
        Assert.Contains(message, Assert.Throws<NotSupportedException>(() => Schema(schema)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{", "the schema is not JSON")]
    [InlineData("3", "schema #: found number")]
    [InlineData("""{"type":"text"}""", "schema #: type is \"text\"; expected null, boolean")]
    [InlineData("""{"properties":{"a":{"minItems":-1}}}""", "schema #/properties/a: minItems is -1; expected a whole number")]
    [InlineData("""{"$ref":"#/$defs/x"}""", "$ref is \"#/$defs/x\"; expected a place in the document")]
    [InlineData("""{"anyOf":[]}""", "anyOf is []; expected an array of at least one")]
    [InlineData("false", "matches no text")]
    [InlineData("""{"type":"integer","minimum":3,"maximum":2}""", "matches no text")]
    // never ends
    [InlineData("""{"$ref":"#/$defs/a","$defs":{"a":{"type":"object","properties":{"x":{"$ref":"#/$defs/a"}},"required":["x"]}}}""", "matches no text")]
    public void Malformed_schemas_are_named(string schema, string message) =>
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => Schema(schema)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_schema_that_multiplies_is_refused()
    {
        var ors = string.Join(',', Enumerable.Range(0, 20).Select(i => $"{{\"anyOf\":[{{\"minimum\":{i}}},{{\"maximum\":{-i}}}]}}"));
        Assert.Contains("alternatives", Assert.Throws<NotSupportedException>(() => Schema("{\"type\":\"number\",\"allOf\":[" + ors + "]}")).Message,
            StringComparison.Ordinal);
        var deep = string.Concat(Enumerable.Repeat("{\"items\":", 250)) + "{}" + new string('}', 250);
        Assert.True(Schema(deep).Accepts(new string('[', 250) + new string(']', 250)));
        var chain = string.Join(',',
            Enumerable.Range(0, 5000)
            .Select(i => $"\"d{i}\":{{\"type\":\"object\",\"properties\":{{\"x\":{{\"$ref\":\"#/$defs/d{i + 1}\"}}}},\"required\":[\"x\"]}}"));
        Assert.False(Schema("{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + chain + ",\"d5000\":{\"type\":\"null\"}}}").Accepts("null"));
        Assert.False(Schema("""{"type":"string","minLength":100000,"maxLength":2000000000}""").Accepts("\"\""));
    }

    [Theory]
    [InlineData(JsonWhitespace.Compact, """{"a":[1,2]}""", """{"a": [1,2]}""")]
    [InlineData(JsonWhitespace.Spaced, """{"a": [1, 2]}""", """{"a":[1,2]}""")]
    [InlineData(JsonWhitespace.Flexible, "{\n\t\"a\" : [ 1,2 ]}", """ {"a":[1,2]}""")]
    public void White_space_is_an_option(JsonWhitespace whitespace, string accepted, string rejected)
    {
        var constraint = StructuredText.JsonObject(ConstrainedText.Bytes, new JsonSchemaOptions { Whitespace = whitespace });
        Assert.True(constraint.Accepts(accepted));
        Assert.False(constraint.Accepts(rejected));
    }

    [Fact]
    public void A_text_ends_where_the_value_does()
    {
        var value = Schema("""{"type":"integer","maximum":99,"minimum":0}""").Fork();
        var mask = new TokenMask(256);
        Assert.False(value.MayEnd);
        value.Accept('4');
        Assert.True(value.MayEnd);
        Assert.False(value.MustEnd);
        value.Accept('2');
        Assert.True(value.MayEnd && value.MustEnd == false); // 42.0 is not an integer's text here, so only the end is left
        value.Fill(mask);
        Assert.Equal(0, mask.Count);
        Assert.Throws<ArgumentException>(() => value.Accept('0'));
    }

    /// <summary>Random schemas and values against a validator that is written from the definitions.</summary>
    [Fact]
    public void A_text_is_accepted_exactly_if_its_value_is_valid()
    {
        var random = new Random(11);
        var (accepted, rejected) = (0, 0);
        for (var round = 0; round < 400; round++)
        {
            var schema = RandomSchemas.Schema(random, 3);
            ITokenConstraint constraint;
            try
            {
                constraint = Schema(schema);
            }
            catch (InvalidDataException e) when (e.Message.Contains("matches no text", StringComparison.Ordinal))
            {
                constraint = null!;
            }
            using var parsed = JsonDocument.Parse(schema);
            for (var i = 0; i < 40; i++)
            {
                var text = RandomSchemas.Value(random, 3, parsed.RootElement);
                using var value = JsonDocument.Parse(text);
                var valid = RandomSchemas.IsValid(parsed.RootElement, parsed.RootElement, value.RootElement);
                Assert.True(valid == (constraint?.Accepts(text) ?? false), $"{text} is {(valid ? "valid" : "invalid")} for {schema}");
                (accepted, rejected) = valid ? (accepted + 1, rejected) : (accepted, rejected + 1);
            }
        }
        Assert.True(accepted > 2000 && rejected > 2000, $"{accepted} valid, {rejected} invalid");
    }
}

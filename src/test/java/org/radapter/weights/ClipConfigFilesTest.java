package org.radapter.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.radapter.clip.ClipConfig;
import org.radapter.tensor.DType;

class ClipConfigFilesTest {
    @Test
    void openClipDefaultsAreItsOwn() throws WeightsFormatException {
        ClipConfig config = openClip("{'embed_dim':512,'vision_cfg':{},'text_cfg':{}}");
        assertThat(config.image()).isEqualTo(new ClipConfig.ImageTower(768, 12, 12, 3072, 16, 224));
        assertThat(config.text())
                .isEqualTo(new ClipConfig.TextTower(512, 12, 8, 2048, 77, 49408, ClipConfig.EotPooling.argmax()));
        assertThat(config.quickGelu()).isFalse();
        assertThat(config.normalization()).isEqualTo(ClipConfig.ImageNormalization.OPENAI);
    }

    @Test
    void openClipHubConfigurationIsRead() throws WeightsFormatException {
        ClipConfig config = openClip("{'model_cfg':{'embed_dim':768,'quick_gelu':true,'vision_cfg':{'image_size':[336,"
                + "336],'layers':24,'width':1024,'patch_size':14,'head_width':128,'mlp_ratio':3.5},'text_cfg':"
                + "{'width':768,'heads':12,'layers':6,'pool_type':'eos','eos_id':7,'hf_tokenizer_name':'x'}},"
                + "'preprocess_cfg':{'mean':[0.5,0.25,0],'std':[1,2,0.5],'resize_mode':'shortest'}}");
        assertThat(config.image()).isEqualTo(new ClipConfig.ImageTower(1024, 24, 8, 3584, 14, 336));
        assertThat(config.text().pooling()).isEqualTo(ClipConfig.EotPooling.first(7));
        assertThat(config.quickGelu()).isTrue();
        assertThat(config.normalization().mean()).containsExactly(.5, .25, 0.);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'embed_dim':8,'vision_cfg':{'layers':[3,4,6,3]},'text_cfg':{}} | ResNet",
                "{'embed_dim':8,'vision_cfg':{'timm_model_name':'vit'},'text_cfg':{}} | timm",
                "{'embed_dim':8,'vision_cfg':{},'text_cfg':{'hf_model_name':'roberta'}} | custom text tower",
                "{'embed_dim':8,'vision_cfg':{},'text_cfg':{},'custom_text':true} | custom text tower",
                "{'embed_dim':8,'vision_cfg':{},'text_cfg':{},'multimodal_cfg':{'width':8}} | CoCa",
                "{'embed_dim':8,'vision_cfg':{},'text_cfg':{},'init_logit_bias':-10} | SigLIP",
                "{'embed_dim':8,'vision_cfg':{'ls_init_value':0.1},'text_cfg':{}} | ls_init_value",
                "{'embed_dim':8,'vision_cfg':{'pool_type':'avg'},'text_cfg':{}} | pool_type",
                "{'embed_dim':8,'vision_cfg':{'head_width':100},'text_cfg':{}} | head_width",
                "{'embed_dim':8,'vision_cfg':{'image_size':[224,336]},'text_cfg':{}} | square",
                "{'embed_dim':8,'vision_cfg':{'image_size':225},'text_cfg':{}} | multiple",
                "{'embed_dim':8,'vision_cfg':{'layers':2000000000},'text_cfg':{}} | layers",
                "{'embed_dim':8,'vision_cfg':{'width':'wide'},'text_cfg':{}} | whole number",
                "{'embed_dim':8,'vision_cfg':{},'text_cfg':{'no_causal_mask':true}} | no_causal_mask",
                "{'embed_dim':8,'vision_cfg':{},'text_cfg':{'pool_type':'last'}} | pool_type",
                "{'embed_dim':8,'vision_cfg':{},'text_cfg':{},'preprocess_cfg':{'resize_mode':'squash'}} | resize_mode",
                "{'embed_dim':8,'vision_cfg':{}} | text_cfg",
                "{'vision_cfg':{},'text_cfg':{}} | embed_dim",
                "{'embed_dim':0,'vision_cfg':{},'text_cfg':{}} | embedDim",
            })
    void openClipConfigurationsThatAreNotSupportedAreRefused(String json, String expected) {
        assertThatThrownBy(() -> openClip(json))
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("test.json")
                .hasMessageContaining(expected);
    }

    @Test
    void huggingFaceDefaultsAreItsOwn() throws WeightsFormatException {
        ClipConfig config = huggingFace("{'model_type':'clip'}");
        assertThat(config.embedDim()).isEqualTo(512);
        assertThat(config.image()).isEqualTo(new ClipConfig.ImageTower(768, 12, 12, 3072, 32, 224));
        assertThat(config.text())
                .isEqualTo(new ClipConfig.TextTower(512, 12, 8, 2048, 77, 49408, ClipConfig.EotPooling.first(49407)));
        assertThat(config.quickGelu()).isTrue();
    }

    @Test
    void legacyEndOfTextMeansTheHighestId() throws WeightsFormatException {
        ClipConfig config = huggingFace("{'text_config':{'eos_token_id':2},'vision_config':{}}");
        assertThat(config.text().pooling()).isEqualTo(ClipConfig.EotPooling.argmax());
    }

    @Test
    void olderDuplicatesHaveTheLastWord() throws WeightsFormatException {
        ClipConfig config = huggingFace(
                "{'vision_config':{'patch_size':32},'vision_config_dict':{'patch_size':16},'text_config_dict':null}");
        assertThat(config.image().patchSize()).isEqualTo(16);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'model_type':'siglip'} | SigLIP",
                "{'model_type':'chinese_clip'} | chinese_clip",
                "{'vision_config':{'hidden_act':'gelu'}} | hidden_act",
                "{'vision_config':{'hidden_act':'relu'},'text_config':{'hidden_act':'relu'}} | relu",
                "{'vision_config':{'num_channels':1}} | channels",
                "{'vision_config':{'layer_norm_eps':0.1}} | layer_norm_eps",
                "{'vision_config':{'num_attention_heads':7}} | 7 heads",
                "{'text_config':{'eos_token_id':60000}} | vocabulary",
            })
    void huggingFaceConfigurationsThatAreNotSupportedAreRefused(String json, String expected) {
        assertThatThrownBy(() -> huggingFace(json))
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("test.json")
                .hasMessageContaining(expected);
    }

    @Test
    void preprocessorGivesTheNormalisation() throws WeightsFormatException {
        ClipConfig config = HuggingFaceConfig.parse(
                Map.of(), json("{'image_mean':[0.5,0.5,0.5],'image_std':[0.25,0.5,1],'resample':3}"), "test.json");
        assertThat(config.normalization())
                .isEqualTo(new ClipConfig.ImageNormalization(List.of(.5, .5, .5), List.of(.25, .5, 1.)));
        assertThatThrownBy(() -> HuggingFaceConfig.parse(Map.of(), json("{'resample':2}"), "test.json"))
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("resampling");
    }

    @Test
    void bothFormatsGiveBackWhatWasWritten() throws WeightsFormatException {
        for (ClipConfig.EotPooling pooling : List.of(ClipConfig.EotPooling.argmax(), ClipConfig.EotPooling.first(30))) {
            ClipConfig config = new ClipConfig(
                    24,
                    new ClipConfig.ImageTower(96, 3, 2, 331, 8, 32),
                    new ClipConfig.TextTower(72, 2, 3, 205, 12, 120, pooling),
                    false,
                    1e-6,
                    new ClipConfig.ImageNormalization(List.of(.1, .2, .3), List.of(.4, .5, .6)));
            assertThat(openClip(Json.format(OpenClipConfig.format(config)))).isEqualTo(config);
            assertThat(HuggingFaceConfig.parse(
                            json(Json.format(HuggingFaceConfig.format(config, DType.F16))),
                            json(Json.format(HuggingFaceConfig.formatPreprocessor(config))),
                            "test.json"))
                    .isEqualTo(config);
        }
    }

    @Test
    void anyMlpWidthSurvivesBeingWrittenAsARatio() throws WeightsFormatException {
        for (int width = 1; width < 400; width += 7) {
            for (int mlpWidth = 1; mlpWidth < 2000; mlpWidth += 13) {
                ClipConfig config = new ClipConfig(
                        24,
                        new ClipConfig.ImageTower(width, 1, 1, mlpWidth, 8, 32),
                        new ClipConfig.TextTower(width, 1, 1, mlpWidth, 12, 120, ClipConfig.EotPooling.argmax()),
                        true,
                        ClipConfig.DEFAULT_LAYER_NORM_EPSILON,
                        ClipConfig.ImageNormalization.OPENAI);
                String json = Json.formatCompact(OpenClipConfig.format(config));
                assertThat(openClip(json).text().mlpWidth()).isEqualTo(mlpWidth);
            }
        }
    }

    private static ClipConfig openClip(String json) throws WeightsFormatException {
        return OpenClipConfig.parse(json(json), "test.json");
    }

    private static ClipConfig huggingFace(String json) throws WeightsFormatException {
        return HuggingFaceConfig.parse(json(json), null, "test.json");
    }

    private static Map<String, @Nullable Object> json(String json) throws WeightsFormatException {
        return Json.parseObject(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "test.json");
    }
}
